#!/usr/bin/env python3
"""A vault of 100,000 records in one of fifty organisations: revealing, listing, searching, importing,
and what row-level security costs; against `pgbench` with the same statements.

Run as a program, beside throw-away services and given the app, it measures and prints one line of JSON."""

import base64
import csv
import io
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import people
import serving
from people import DURABLE, Load
from serving import ROOT, psql

RECORDS = int(os.environ.get("BENCH_RECORDS", "100000"))
ORGANIZATIONS = 50
AT_ONCE = 10_000
CONNECTIONS = 16
ROUNDS = 5
SECONDS = 5
TURNS = 5
MINUTES = float(os.environ.get("BENCH_MINUTES", "5"))
WORDS = ("amber basil cedar delta ember fjord grove haven iris jade kelp lotus maple north ocean pearl "
         "quartz river slate thorn umber vivid willow xenon yarrow zephyr").split()
# Statements are taken from the server's own log, so that the peer runs exactly what the app runs.
LOGGING = "-c logging_collector=on -c log_destination=jsonlog -c log_rotation_size=0 -c max_wal_size=4GB"


def measure(program, goal, at_least):
    found = subprocess.run(
        [ROOT / "tests/bin/with-services", sys.executable, __file__, program],
        check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "VAULTTERM_PG_OPTIONS": f"{DURABLE} {LOGGING}"})
    return figures(json.loads(found.stdout.splitlines()[-1]), goal, at_least)


def figures(found, goal, at_least):
    def median(figure):
        return statistics.median(one[figure] for one in found["rounds"])

    return {
        "peers": "pgbench, prepared, the same statements",
        **found,
        "revealsPerSecond": round(median("reveal")), "pgbenchRevealsPerSecond": round(median("revealPeer")),
        "revealRatio": at_least(median("revealRatio"), 0.5), "revealP99Ms": goal(median("revealP99"), 10),
        # Milliseconds are those of the host: what it is can be read from what pgbench makes of the least that a
        # reveal could be. What does not depend on it is the peer's own 99th percentile: half the rate is twice
        # the time.
        "pgbenchLeastPerSecond": round(median("least")),
        "pgbenchRevealP99Ms": round(median("revealPeerP99"), 2), "pgbenchListP99Ms": round(median("listPeerP99"), 2),
        "revealP99Ratio": goal(median("revealP99Ratio"), 2), "listP99Ratio": goal(median("listP99Ratio"), 2),
        "listsPerSecond": round(median("list")), "pgbenchListsPerSecond": round(median("listPeer")),
        "listRatio": at_least(median("listRatio"), 0.5), "listP99Ms": goal(median("listP99"), 10),
        "rowSecurityTimeRatio": goal(median("rowSecurity"), 1.15),
        "searchP99Ms": goal(median("searchP99"), 30),
        "importSeconds": goal(found["importSeconds"], 10),
        "residentMiB": goal(found["residentMiB"], 120),
        "grownMiB": goal(found["grownMiB"], 5),
    }


class Client:
    """Somebody who is signed in."""

    def __init__(self, app, cookie):
        self.app, self.cookie = app, cookie

    def ask(self, method, path, body=None, content_type="application/json", **headers):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.app.origin}/api/v1{path}", data, method=method, headers={
            "cookie": self.cookie, "origin": self.app.origin, "content-type": content_type, **headers})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read()

    def json(self, method, path, body=None):
        return json.loads(self.ask(method, path, body) or b"null")


def sheet(first, count):
    """Records as a browser exports them."""
    dice, out = random.Random(first), io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["name", "url", "username", "password"])
    for number in range(first, first + count):
        one, two = dice.choice(WORDS), dice.choice(WORDS)
        rows.writerow([f"{one} {two} {number}", f"https://{two}.example.com/{number}",
                       f"{one}{number}@example.com", f"{two}-{dice.getrandbits(64):x}"])
    return out.getvalue().encode()


def fill(client, vault):
    """Imports all records; how long each ten thousand took, in seconds."""
    took = []
    for first in range(0, RECORDS, AT_ONCE):
        body = {"format": "browser-csv", "file": base64.b64encode(sheet(first, AT_ONCE)).decode()}
        began = time.perf_counter()
        client.ask("POST", f"/vaults/{vault}/secrets/import", body)
        took.append(time.perf_counter() - began)
    return took


NEIGHBOURS = """
    INSERT INTO organization_directory (id, name, created_at)
        SELECT gen_random_uuid(), 'Neighbour ' || n, now() FROM generate_series(2, {count}) AS n;
    INSERT INTO organizations (org_id, id, name, created_at)
        SELECT d.id, d.id, d.name, now() FROM organization_directory d
        WHERE NOT EXISTS (SELECT FROM organizations o WHERE o.id = d.id);
    INSERT INTO users (id, email, name, password_hash, created_at)
        SELECT o.id, o.id || '@example.com', 'Owner of ' || o.name, '', now()
        FROM organizations o WHERE o.id <> '{org}';
    INSERT INTO memberships (org_id, user_id, role, state, created_at)
        SELECT o.id, o.id, 'owner', 'confirmed', now() FROM organizations o WHERE o.id <> '{org}';
    INSERT INTO vaults (org_id, id, name, description, created_at, updated_at)
        SELECT o.id, gen_random_uuid(), 'Vault', '', now(), now() FROM organizations o WHERE o.id <> '{org}';
    INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta, sealed_value, changed, created_at,
                         updated_at, updated_by)
        SELECT v.org_id, gen_random_uuid(), v.id, s.type, s.version, s.sealed_meta, s.sealed_value, s.changed,
               s.created_at, s.updated_at, v.org_id
        FROM vaults v, (SELECT * FROM secrets WHERE org_id = '{org}' LIMIT 2000) s WHERE v.org_id <> '{org}';
"""


def neighbours(app, org):
    """Forty-nine other organisations, each with somebody of its own and records that nothing opens."""
    app.sql(NEIGHBOURS.format(count=ORGANIZATIONS, org=org))
    app.sql("VACUUM ANALYZE")


class Log:
    """The server's log, in which the statements of one app are."""

    def __init__(self, superuser):
        self.superuser = superuser
        folder = psql(superuser, "--command", "SHOW data_directory"), psql(superuser, "--command", "SHOW log_directory")
        self.folder = pathlib.Path(*folder)

    def transactions(self, program, database, work):
        """What an app of its own ran as transactions while it did some work, in order: each a list of
        statements with their parameters."""
        psql(self.superuser, "--command", "ALTER ROLE vaultterm_app SET log_min_duration_statement = 0")
        try:
            with serving.App(program, database=database) as app:
                work(app)
                before = {file: file.stat().st_size for file in self.folder.glob("*.json")}
                work(app)
                time.sleep(0.5)
        finally:
            psql(self.superuser, "--command", "ALTER ROLE vaultterm_app RESET log_min_duration_statement")
        lines = []
        for file in sorted(self.folder.glob("*.json")):
            with file.open() as log:
                log.seek(before.get(file, 0))
                lines.extend(log)
        return ended(lines)


def ended(lines):
    """The transactions of the app's role in a log, each session's apart."""
    found, open_ones = [], {}
    for line in lines:
        entry = json.loads(line)
        said = re.match(r"duration: [\d.]+ ms  (?:statement|execute [^:]*): (.*)", entry.get("message", ""), re.S)
        if not said or entry.get("user") != "vaultterm_app":
            continue
        text, session = said[1].strip().rstrip(";"), entry["session_id"]
        if text.startswith("BEGIN"):
            open_ones[session] = []
        if session in open_ones:
            open_ones[session].append((text, parameters(entry.get("detail", ""))))
        if text.startswith(("COMMIT", "ROLLBACK")) and session in open_ones:
            found.append(open_ones.pop(session))
    return found


def parameters(detail):
    """`$1 = 'a', $2 = NULL` as a list."""
    found = re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", detail)
    return [None if one == "NULL" else one[1:-1].replace("''", "'") for one in found]


# What the app says at the beginning of a transaction, in the same trip as the rest of it.
PLANNED = "; SET LOCAL plan_cache_mode = force_generic_plan"

# The id of a row that pgbench inserts: another one each time.
FRESH = "('00000000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid"


def script(transaction):
    """A script for pgbench, and its variables. What is inserted gets an id of its own. How plans are made is
    set for the whole of its session, since it would take a trip to the server for that alone."""
    lines, variables = ["\\set n random(1, 281474976710655)"], []
    for text, values in transaction:
        text = text.replace(PLANNED, "")
        inserted = values[1] if "INSERT INTO audit_events" in text else None
        for number, value in reversed(list(enumerate(values, 1))):
            if value is None:
                place = "NULL"
            elif value == inserted:
                place = FRESH
            else:
                variables.append((f"v{len(variables)}", value))
                place = f":v{len(variables) - 1}"
            text = re.sub(rf"\${number}(?!\d)", place.replace("\\", r"\\"), text)
        lines.append(" ".join(text.split()) + ";")
    return "\n".join(lines) + "\n", variables


def least(org, record):
    """The least that a reveal could be: one record by its key, one row written, a commit."""
    return [("BEGIN", []),
            (f"SELECT sealed_value FROM secrets WHERE org_id = '{org}' AND id = '{record}'", []),
            (f"INSERT INTO least (id, record) VALUES (:n, '{record}')", []),
            ("COMMIT", [])]


class Peer:
    """`pgbench` with sixteen clients, prepared, on the app's own statements and as the app's own role."""

    def __init__(self, room, database, transaction):
        self.database = database
        text, self.variables = script(transaction)
        self.file = room / f"{abs(hash(text))}.sql"
        self.file.write_text(text)
        tools = subprocess.run([ROOT / "deploy/host/postgres"], check=True, capture_output=True, text=True)
        self.program = f"{tools.stdout.strip()}/pgbench"

    def rate(self, seconds=SECONDS, clients=CONNECTIONS):
        """Transactions a second, and the 99th percentile in milliseconds."""
        rate, took = self.times(seconds, clients)
        return rate, statistics.quantiles(took, n=100)[98]

    def times(self, seconds, clients):
        """Transactions a second, and how long each took, in milliseconds."""
        defined = [word for name, value in self.variables for word in ("-D", f"{name}={value}")]
        times = self.file.with_suffix("")
        done = subprocess.run(
            [self.program, "--no-vacuum", "-M", "prepared", f"-c{clients}", "-j1", f"-T{seconds}", *defined,
             "--log", f"--log-prefix={times}", "-f", self.file, self.database],
            capture_output=True, text=True,
            env={**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan"})
        if done.returncode:
            raise SystemExit(f"pgbench: {done.stderr}\n{self.file.read_text()}")
        took = []
        for log in times.parent.glob(f"{times.name}.[0-9]*"):
            took.extend(int(line.split()[2]) / 1000 for line in log.read_text().splitlines())
            log.unlink()
        return float(re.search(r"tps = ([\d.]+)", done.stdout)[1]), took


# Entries that pgbench wrote, under no key: no installation has them, and a server looks at them again and again.
UNWRITTEN = """
    SET session_replication_role = replica;
    DELETE FROM audit_pending WHERE event_id < '00000000-0001-0000-0000-000000000000';
    DELETE FROM audit_events WHERE id < '00000000-0001-0000-0000-000000000000';
"""


def load_of_reveals(load, cookie, vault, ids):
    """Reveals one password after the other; the rate and the 99th percentile in milliseconds."""
    listed = ",".join(f'"{one}"' for one in ids)
    return load.run(f"""
wrk.method, wrk.body = "POST", '{{"field": "password", "purpose": "show"}}'
wrk.headers["cookie"], wrk.headers["origin"] = "{cookie}", "{load.origin}"
wrk.headers["content-type"] = "application/json"
local ids, turn = {{{listed}}}, 0
function request()
    turn = turn % #ids + 1
    return wrk.format(nil, "/api/v1/vaults/{vault}/secrets/" .. ids[turn] .. "/reveal")
end
""", SECONDS, CONNECTIONS)


def load_of_pages(load, cookie, paths, connections=CONNECTIONS, seconds=SECONDS):
    listed = ",".join(f'"/api/v1{one}"' for one in paths)
    return load.run(f"""
wrk.headers["cookie"] = "{cookie}"
local paths, turn = {{{listed}}}, 0
function request()
    turn = turn % #paths + 1
    return wrk.format("GET", paths[turn])
end
""", seconds, connections)


def queries():
    """What people type: a word, the beginning of one, two words."""
    return [f"/secrets?q={one}" for one in WORDS] + [f"/secrets?q={one[:2]}" for one in WORDS] + [
        f"/secrets?q={one}%20{two}&sort=updated" for one, two in zip(WORDS, WORDS[3:])]


def wall(peers):
    """How much longer a page takes for a role that policies bind: medians of single pages, in turns, each of a
    second. What is asked is a tenth, and a host changes its speed by more than that within a minute."""
    def one():
        walled, open_ = (peers[name].times(seconds=1, clients=1)[1] for name in ("walled", "open"))
        return statistics.median(walled) / statistics.median(open_)

    return statistics.median(one() for _ in range(TURNS))


def one_round(app, load, cookie, vault, ids, peers):
    page = f"/vaults/{vault}/secrets?type=PASSWORD"
    listed, list_p99 = load_of_pages(load, cookie, [page])
    list_peer, list_peer_p99 = peers["list"].rate()
    shown, p99 = load_of_reveals(load, cookie, vault, ids)
    reveal_peer, reveal_peer_p99 = peers["reveal"].rate()
    of_host, _ = peers["least"].rate()
    app.sql(UNWRITTEN)
    row_security = wall(peers)
    _, search_p99 = load_of_pages(load, cookie, queries(), connections=2)
    return {"reveal": shown, "revealP99": p99, "revealPeer": reveal_peer, "revealPeerP99": reveal_peer_p99,
            "least": of_host, "revealRatio": shown / reveal_peer, "revealP99Ratio": p99 / reveal_peer_p99,
            "list": listed, "listP99": list_p99, "listPeer": list_peer, "listPeerP99": list_peer_p99,
            "listRatio": listed / list_peer, "listP99Ratio": list_p99 / list_peer_p99,
            "rowSecurity": row_security, "searchP99": search_p99}


def under_load(app, load, cookie, vault, ids):
    """What the app holds after minutes of everything, and how much it grew in the second half."""
    readings, until = [], time.monotonic() + MINUTES * 60
    while time.monotonic() < until:
        load_of_reveals(load, cookie, vault, ids)
        load_of_pages(load, cookie, [f"/vaults/{vault}/secrets?type=PASSWORD"])
        load_of_pages(load, cookie, queries(), connections=2)
        readings.append(app.resident_mib())
    half = readings[len(readings) // 2:]
    return readings[-1], half[-1] - half[0]


def inside(program):
    ways = serving.make_database()
    with serving.App(program, {"AUTH_RATE_MAX": "1000000"}, ways) as app, tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        cookie, _ = people.set_up(app)
        client = Client(app, cookie)
        org = app.sql("SELECT id FROM organizations LIMIT 1")
        vault = client.json("POST", "/vaults", {"name": "Engines"})["id"]
        took = fill(client, vault)
        neighbours(app, org)
        ids = app.sql("SELECT id FROM secrets WHERE vault_id = '%s' ORDER BY random() LIMIT 2000" % vault).split()
        peers = statements(program, ways, room, cookie, vault, ids)
        load = Load(app.port, room)
        # The first does not count: nothing is warm, and it is the app that would pay for that.
        one_round(app, load, cookie, vault, ids, peers)
        rounds = [one_round(app, load, cookie, vault, ids, peers) for _ in range(ROUNDS)]
        resident, grown = under_load(app, load, cookie, vault, ids)
    return {"rounds": rounds, "importSeconds": statistics.median(took), "residentMiB": resident,
            "grownMiB": grown}


def statements(program, ways, room, cookie, vault, ids):
    """The peers, on what the app runs for a reveal and for a page."""
    superuser, serving_way, _ = ways
    log = Log(superuser)

    def reveal(app):
        Client(app, cookie).json("POST", f"/vaults/{vault}/secrets/{ids[0]}/reveal", {"field": "password", "purpose": "show"})

    def page(app):
        Client(app, cookie).json("GET", f"/vaults/{vault}/secrets?type=PASSWORD")

    def with_words(transactions, words):
        return next(one for one in reversed(transactions) if any(words in text for text, _ in one))

    revealing = with_words(log.transactions(program, ways, reveal), "INSERT INTO audit_events")
    listing = with_words(log.transactions(program, ways, page), "sealed_meta")
    psql(superuser, "--command", "CREATE TABLE least (id bigint PRIMARY KEY, record uuid)")
    org = psql(superuser, "--command", f"SELECT org_id FROM secrets WHERE id = '{ids[0]}'")
    # The same page asked for by somebody whom no policy binds.
    return {"reveal": Peer(room, serving_way, revealing), "list": Peer(room, serving_way, listing),
            "least": Peer(room, superuser, least(org, ids[0])),
            "walled": Peer(room, serving_way, listing), "open": Peer(room, superuser, listing)}


if __name__ == "__main__":
    print(json.dumps(inside(sys.argv[1])))
