"""How fast an archive of an audit trail is verified, against `openssl dgst -sha256` of the same file.

The archive is made here, from the description of its format alone (app/src/audit/archive/mod.rs,
app/src/audit/chain/link.rs, app/src/audit/canonical.rs): that the program takes it is a second opinion
on the format.
"""

import hashlib
import hmac
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time
import uuid

ENTRIES = 200_000
MASTER = "8c1f0e2d3b4a59687706f5e4d3c2b1a09f8e7d6c5b4a392817060504030201ff"
LINK = b"vaultterm audit link v1\0"


def hkdf(master, purpose):
    key = hmac.new(bytes(32), master, hashlib.sha256).digest()
    return hmac.new(key, purpose + b"\x01", hashlib.sha256).digest()


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def archive(path, entries):
    master = bytes.fromhex(MASTER)
    key = hkdf(master, b"vaultterm authenticate audit v1")
    key_id = hkdf(master, b"vaultterm key id v1")[:8].hex()
    org, actor, session, server = (uuid.uuid4() for _ in range(4))
    chain = hashlib.sha256(b"vaultterm audit start v1\0" + org.bytes).digest()
    head = {"kind": "vaultterm audit archive", "version": 1, "organization": str(org),
            "made": "2026-11-29T00:00:00Z", "through": 0, "hash": chain.hex(), "last": entries, "keys": []}
    with open(path, "w", encoding="utf-8") as file:
        file.write(compact(head) + "\n")
        for seq in range(1, entries + 1):
            text = compact({
                "version": 1, "organization": str(org), "id": str(uuid.uuid4()), "at": "2026-11-29T00:00:00.123456Z",
                "actor": str(actor), "action": "secret.revealed",
                "resource": {"type": "secret", "id": str(uuid.uuid4())}, "name": os.urandom(80).hex(),
                "result": "success", "reason": None,
                "detail": {"vaultId": str(actor), "version": 3, "field": "password"},
                "circumstances": {"session": str(session), "factors": ["password", "totp"],
                                  "address": "192.0.2.17", "request": uuid.uuid4().hex},
                "server": str(server), "monotonic": seq * 1000,
            })
            raw = text.encode()
            mac = hmac.new(key, b"vaultterm audit v1\0" + raw, hashlib.sha256).digest()
            chain = hashlib.sha256(LINK + chain + seq.to_bytes(8, "big") + mac + raw).digest()
            link = hmac.new(key, LINK + chain, hashlib.sha256).hexdigest()
            file.write(f'{{"seq":{seq},"hash":"{chain.hex()}","key":"{key_id}","mac":"{mac.hex()}",'
                       f'"linkKey":"{key_id}","linkMac":"{link}","entry":{text}}}\n')
        file.write(compact({"end": entries}) + "\n")


def seconds(command, env=None):
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    return time.perf_counter() - began


def measure(app, goal, runs=5):
    env = {**os.environ, "APP_ENV": "development", "MASTER_KEY": MASTER}
    with tempfile.TemporaryDirectory(prefix="vtbench", dir="/var/tmp") as room:
        path = pathlib.Path(room) / "trail.vta"
        archive(path, ENTRIES)
        verify = [app, "audit", "verify", path]
        commands = {
            "openssl": (["openssl", "dgst", "-sha256", path], None),
            "withMasterKey": (verify, env),
            "withoutMasterKey": ([*verify, "--without-master-key"], None),
        }
        times = {name: [] for name in commands}
        for _ in range(runs):
            for name, (command, env_of) in commands.items():
                times[name].append(seconds(command, env_of))
        taken = {name: statistics.median(all_of) for name, all_of in times.items()}
        size = path.stat().st_size
    return {
        "entries": ENTRIES, "bytes": size, "seconds": {name: round(one, 3) for name, one in taken.items()},
        "megabytesPerSecond": round(size / taken["withMasterKey"] / 1e6),
        "largestChildMiB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "verifyRatio": goal(taken["withMasterKey"] / taken["openssl"], 8),
        "withoutMasterKeyRatio": goal(taken["withoutMasterKey"] / taken["openssl"], 8),
    }


if __name__ == "__main__":
    import sys
    print(json.dumps(measure(sys.argv[1], lambda value, most: {"value": round(value, 2), "goal": most})))
