#!/usr/bin/env python3
"""What being signed in costs: `GET /api/v1/me` against `redis-benchmark` GET, signing in against
Argon2id alone, sessions that nobody uses, and `/readyz` meanwhile.

Run as a program, beside throw-away services and given the app and the program of Argon2id alone, it
measures and prints one line of JSON."""

import hashlib
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid

import serving
from serving import ROOT

CONNECTIONS = 50
ROUNDS = 5
SECONDS = 5
SESSIONS = 10_000
PASSWORD = "a kettle of eleven fish"
# As many as work at passwords at once, and as many again who wait.
SIGN_INS_AT_ONCE = 4
# Commits reach the disk, as they do where it counts.
DURABLE = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on"


def measure(program, goal, at_least):
    """The app is the release's own; load and peers share two cores with it and its services."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "-p", "vaultterm-tests",
                    "--example", "argon2id"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    alone = pathlib.Path(target) / "release/examples/argon2id"
    found = subprocess.run(
        [ROOT / "tests/bin/with-services", sys.executable, __file__, program, alone],
        check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "VAULTTERM_PG_OPTIONS": DURABLE})
    return figures(json.loads(found.stdout.splitlines()[-1]), goal, at_least)


def figures(found, goal, at_least):
    rounds = found["rounds"]

    def median(figure):
        return statistics.median(one[figure] for one in rounds)

    sign_in = statistics.median(one["ours"] / one["alone"] for one in found["signIns"])
    return {
        "peers": "redis-benchmark GET; Argon2id alone with the same parameters",
        **found,
        "requestsPerSecond": round(median("me")), "redisPerSecond": round(median("redis")),
        "ratioToRedisGet": at_least(median("meRatio"), 0.2),
        "p99Milliseconds": goal(median("meP99"), 10),
        # Fifty people in turns, for who reads the figures: nothing is asked twice.
        "ratioOfFiftyPeople": round(median("peopleRatio"), 3),
        "p99OfFiftyPeople": round(median("peopleP99"), 2),
        "readyzP99Milliseconds": goal(median("readyP99"), 50),
        "signInRatioToArgon2id": at_least(sign_in, 0.9),
        "sessionsMiB": goal(found["sessionsMiB"], 10),
    }


class Load:
    """`wrk` with one thread and as many connections."""

    def __init__(self, port, room):
        self.origin, self.room = f"http://127.0.0.1:{port}", room

    def run(self, script, seconds, connections=CONNECTIONS):
        file = self.room / "load.lua"
        file.write_text(script + REPORT)
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file, self.origin],
            check=True, stdout=subprocess.PIPE, text=True)
        report = json.loads(done.stdout.splitlines()[-1])
        if report["bad"]:
            raise SystemExit(f"{report['bad']} requests were not answered well:\n{done.stdout}")
        return report["count"] / report["seconds"], report["p99"]

    def me(self, cookies, seconds=SECONDS):
        """Reads `/me`, with one cookie after the other."""
        lines = ",\n".join(f'wrk.format("GET", "/api/v1/me", {{["cookie"] = "{cookie}"}})' for cookie in cookies)
        return self.run(f"""
local requests, turn
function init() requests, turn = {{{lines}}}, 0 end
function request() turn = turn % #requests + 1 return requests[turn] end
""", seconds)

    def sign_in(self, email, seconds):
        body = json.dumps({"email": email, "password": PASSWORD})
        return self.run(f"""
wrk.method, wrk.path, wrk.body = "POST", "/api/v1/auth/sign-in", '{body}'
wrk.headers["content-type"] = "application/json"
wrk.headers["origin"] = "{self.origin}"
""", seconds, SIGN_INS_AT_ONCE)


REPORT = """
function done(summary, latency)
    local e = summary.errors
    print(string.format('{"count": %d, "seconds": %f, "p99": %f, "bad": %d}', summary.requests,
        summary.duration / 1e6, latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


class Ready:
    """Asks `/readyz` while its block runs; then `p99` is in milliseconds."""

    def __init__(self, port):
        self.port, self.times, self.over = port, [], threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.ask)
        self.thread.start()
        return self

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        while not self.over.wait(0.02):
            began = time.perf_counter()
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"/readyz: {answer.status}")
            self.times.append((time.perf_counter() - began) * 1000)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.p99 = statistics.quantiles(self.times, n=100)[98]


def redis_rate(address):
    host, port = address.split("/")[2].split(":")
    done = subprocess.run(
        ["redis-benchmark", "-h", host, "-p", port, "-c", str(CONNECTIONS), "-n", "300000", "-t", "get", "--csv"],
        check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1].split(",")[1].strip('"'))


def alone_rate(program, hashed, seconds):
    """The same verification on as many threads as the app works on."""
    done = subprocess.run([program, hashed, PASSWORD, str(seconds)], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


class Sessions:
    """Sessions as the app stores them, made from one that it made."""

    def __init__(self, redis, cookie):
        self.host, self.port = redis.split("/")[2].split(":")
        self.name, token = cookie.split("=")
        key = f"vt:session:{hashlib.sha256(token.encode()).hexdigest()}"
        fields = self.cli("HGETALL", key).splitlines()
        self.fields = dict(zip(fields[::2], fields[1::2]))

    def cli(self, *words, **options):
        return subprocess.run(["redis-cli", "-h", self.host, "-p", self.port, *words], check=True,
                              stdout=subprocess.PIPE, text=True, **options).stdout

    def make(self, users):
        """A cookie for each of these accounts; nothing stands for the account of the first session."""
        cookies, commands = [], []
        data = json.loads(self.fields["data"])
        for user in users:
            token = os.urandom(32).hex()
            session = json.dumps({**data, "id": str(uuid.uuid4()), "user": user or data["user"]})
            key = f"vt:session:{hashlib.sha256(token.encode()).hexdigest()}"
            commands.append(resp("HSET", key, "data", session, "seen", self.fields["seen"],
                                 "idle", self.fields["idle"]))
            cookies.append(f"{self.name}={token}")
        self.cli("--pipe", input="".join(commands))
        return cookies


def resp(*words):
    return f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)


def set_up(app):
    """The first organisation, its owner, and forty-nine members; the owner's cookie, and all ids."""
    link = json.loads(app.command("setup-link", "--json"))["url"]
    body = {"token": link.split("#token=")[1], "organizationName": "Analytical Engines",
            "name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD}
    request = urllib.request.Request(
        f"{app.origin}/api/v1/setup", json.dumps(body).encode(),
        {"content-type": "application/json", "origin": app.origin})
    with urllib.request.urlopen(request, timeout=10) as answer:
        cookie = answer.headers["set-cookie"].split(";")[0]
    app.sql(f"""
        WITH made AS (
            INSERT INTO users (id, email, name, password_hash, created_at)
            SELECT gen_random_uuid(), 'p' || n || '@example.com', 'p' || n, 'none', now()
            FROM generate_series(2, {CONNECTIONS}) AS n RETURNING id)
        INSERT INTO memberships (org_id, user_id, role, state, created_at)
        SELECT o.id, made.id, 'member', 'confirmed', now() FROM made, organizations o""")
    app.sql("ANALYZE")
    return cookie, app.sql("SELECT id FROM users").split()


def sessions_mib(app, sessions):
    """What the app's memory grows by while so many people use a session each, once, and rest."""
    before = app.resident_mib()
    connection = http.client.HTTPConnection("127.0.0.1", app.port)
    for cookie in sessions.make([None] * SESSIONS):
        connection.request("GET", "/api/v1/me", headers={"cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"/me: {answer.status}")
    return app.resident_mib() - before


def one_round(app, load, redis, cookie, people):
    with Ready(app.port) as ready:
        me, p99 = load.me([cookie])
    before = redis_rate(redis)
    people_rate, people_p99 = load.me(people)
    peer = statistics.mean([before, redis_rate(redis)])
    return {"me": me, "meP99": p99, "readyP99": ready.p99, "redis": peer, "meRatio": me / peer,
            "people": people_rate, "peopleP99": people_p99, "peopleRatio": people_rate / peer}


def inside(program, alone):
    redis = os.environ["VAULTTERM_TEST_REDIS_URL"]
    with serving.App(program, {"AUTH_RATE_MAX": "1000000"}) as app, tempfile.TemporaryDirectory() as room:
        load = Load(app.port, pathlib.Path(room))
        cookie, users = set_up(app)
        sessions = Sessions(redis, cookie)
        people = sessions.make(users)
        # Connections are made and statements prepared; what the app takes for that is no session's.
        load.me(people, 2)
        grown = sessions_mib(app, sessions)
        rounds = [one_round(app, load, redis, cookie, people) for _ in range(ROUNDS)]
        hashed = app.sql("SELECT password_hash FROM users WHERE email = 'ada@example.com'")
        app.sql(f"UPDATE users SET password_hash = '{hashed}'")
        # Who is cut off at the end of a round has tried and was not right: each round has its own person.
        sign_ins = [{"ours": load.sign_in(f"p{2 + n}@example.com", SECONDS)[0],
                     "alone": alone_rate(alone, hashed, SECONDS)} for n in range(ROUNDS)]
    return {"rounds": rounds, "signIns": sign_ins, "sessionsMiB": grown}


if __name__ == "__main__":
    print(json.dumps(inside(*sys.argv[1:3])))
