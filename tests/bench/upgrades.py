#!/usr/bin/env python3
"""What installing, upgrading, going back and backing up cost on a server, against what an operator
would do by hand, in the same run.

usage: upgrades.py BIN KEYS BUNDLE NEXT [ROW...]

BUNDLE is the release's own, NEXT the folder of later ones. Rows: install, disk, load, downtime,
rollback, upgrade, backup, memory; all of them without any. BENCH_DATABASE_MIB is the size of the
large database (2048); an upgrade is measured with half of it, and a backup with an eighth.
"""

import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from bundles import QUIET, goal, run, seconds
from confined import allocated, confined, temporary_bytes
from server import Server, Watched

RUNS = 3
SMALL_MIB = 10
LARGE_MIB = int(os.environ.get("BENCH_DATABASE_MIB", "2048"))
LATER = [("8.0.0", False, "8.0.0.vtb"), ("9.0.0", False, "9.0.0.vtb"), ("9.0.0", True, "9.0.0-delta.vtb")]
LOADING, WRITING = "Verifying and loading", "Backing up"
LOOKS = [["verify", "9.0.0.vtb"], ["verify", "9.0.0-delta.vtb", "--deep"], ["preflight", "9.0.0.vtb"],
         ["preflight", "--bench"], ["plan", "9.0.0.vtb"], ["status"], ["inventory"], ["doctor"],
         ["support-bundle", "--out", "support.tar.gz"]]
PIPED = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
DUMP = "/var/lib/postgresql/data/bench.dump"


def measure(bin_dir, keys, bundle, later, rows=()):
    """Reports by name, of some rows or of all."""
    with tempfile.TemporaryDirectory(prefix="vtb", dir="/var/tmp") as room:
        bench = Upgrades(bin_dir, keys, bundle, later, pathlib.Path(room))
        reports = {}
        try:
            for row in rows or Upgrades.ROWS:
                began = time.monotonic()
                report, figures = getattr(bench, row)()
                reports.setdefault(report, {}).update(figures)
                print(f"{row}: measured in {time.monotonic() - began:.0f} s", file=sys.stderr)
        finally:
            bench.stop()
        return reports


def median(values):
    return round(statistics.median(values), 3)


class Upgrades:
    ROWS = ["install", "disk", "load", "downtime", "rollback", "upgrade", "backup", "memory"]

    def __init__(self, bin_dir, keys, bundle, later, room):
        self.bin_dir, self.keys, self.bundle, self.later = bin_dir, keys, bundle, later
        self.room = room
        self.version = bundle.name.split("-v")[1].split("-linux")[0]
        made = subprocess.run(["age-keygen", "-o", room / "identity"], check=True, text=True, **PIPED)
        self.recipient = made.stderr.split()[-1]
        self.servers = []

    def stop(self):
        for server in self.servers:
            server.stop()

    def another(self, name):
        """A server with everything on its stick, and nothing installed."""
        room = self.room / name
        room.mkdir()
        server = Server(room, self.bin_dir / "vaultterm-install")
        self.servers.append(server)
        server.carry(self.bundle, "vaultterm.vtb")
        run(self.bin_dir / "vaultterm-license", "issue", "--key", self.keys / "vendor.key", "--customer",
            "Bench", "--tier", "enterprise", "--seats", "5", "--expires", "2999-12-31", "--out",
            server.stick / "license.vtlic", **QUIET)
        return server

    @functools.cached_property
    def empty(self):
        """The one that is installed on again and again."""
        return self.another("e")

    @functools.cached_property
    def server(self):
        """The one that is upgraded again and again."""
        server = self.another("s")
        for version, delta, name in LATER:
            server.carry(only(self.later, version, delta), name)
        server.install()
        return server

    @functools.cached_property
    def plain(self):
        """The plain archive of the release's three images, as `docker save` writes it."""
        return self.save(self.version)

    def save(self, version):
        path = self.room / f"{version}.tar"
        run("docker", "save", "--output", path, f"vaultterm/app:{version}", "postgres:16", "redis:7")
        return path

    def upgraded(self, name, **options):
        return self.server.tool("upgrade", name, "--recipient", self.recipient, **options)

    # Rows.

    def install(self):
        """Command to healthy, against loading the plain archive and `docker compose up --wait` with a
        folder that the installer made."""
        server, prepared = self.empty, self.room / "prepared"
        ours, theirs, loads, peer_loads = [], [], [], []
        for number in range(RUNS):
            server.empty()
            os.sync()
            done = server.install()
            ours.append(done.seconds)
            loads.append(done.span(LOADING))
            if not number:
                prepare(server.dir, prepared, self.version)
            server.empty()
            run("cp", "--archive", prepared, server.dir)
            os.sync()
            peer_loads.append(seconds(lambda: server.docker("load", "--input", self.plain)))
            theirs.append(peer_loads[-1] + seconds(lambda: server.docker(
                "compose", "--project-directory", server.dir, "up", "--wait")))
        server.empty()
        return "install", {
            "peer": "docker load of the plain tar, and docker compose up --wait",
            "seconds": median(ours), "peerSeconds": median(theirs),
            "loadSeconds": median(loads), "peerLoadSeconds": median(peer_loads), "spans": done.spans(),
            "installToByHand": goal(median(ours) / median(theirs), 1.1),
        }

    def disk(self):
        """An installation that can write to its folder and to two empty places for temporary files
        alone: what was in these, and how much more was in the folder than stayed there."""
        server = self.empty
        server.empty()
        server.dir.mkdir()
        temporary, folder = Watched(temporary_bytes), Watched(lambda _: allocated(server.dir))
        done = server.install(watchers=(temporary, folder), wrapped=confined(server.room, server.dir))
        final = allocated(server.dir)
        server.empty()
        return "install", {
            "folderPeakBytes": folder.peak, "folderFinalBytes": final, "samples": temporary.samples,
            "temporaryBytes": goal(temporary.peak, 0),
            "folderMoreThanFinalBytes": goal(max(0, folder.peak - final), 0),
            "confinedSeconds": round(done.seconds, 3),
        }

    def load(self):
        """Of a release with another app, on a server that has the one before, against loading all of
        its images."""
        plain, ours, theirs = self.save("9.0.0"), [], []
        for _ in range(RUNS):
            os.sync()
            ours.append(self.upgraded("9.0.0.vtb", until=LOADING).span(LOADING))
            self.empty.empty()
            os.sync()
            theirs.append(seconds(lambda: self.empty.docker("load", "--input", plain)))
        self.empty.empty()
        return "upgrade", {
            "loadSeconds": median(ours), "loadPeer": "docker load of the plain tar",
            "loadPeerSeconds": median(theirs),
            "loadToByHand": goal(median(ours) / median(theirs), 0.4),
        }

    def downtime(self):
        """Of an upgrade without migrations, and of going back from it."""
        away, said, back = [], [], []
        self.server.fill(SMALL_MIB)
        for _ in range(RUNS):
            with self.server.probe() as probe:
                done = self.upgraded("8.0.0.vtb")
            away.append(probe.longest)
            said.append(done.found["awayMs"])
            back.append(self.back())
        return "upgrade", {
            "saidMs": median(said), "withoutMigrationsRollbackSeconds": median(back),
            "withoutMigrationsSpans": done.spans(),
            "downtimeSeconds": goal(median(away), 2),
        }

    def back(self):
        """The downtime of a rollback."""
        with self.server.probe() as probe:
            self.server.tool("rollback")
        return probe.longest

    def rollback(self):
        """From a release with migrations, with little and with much in the database."""
        figures, downtimes = {}, {}
        for name, mib, runs in [("Small", SMALL_MIB, RUNS), ("Large", LARGE_MIB, 1)]:
            figures[f"rollback{name}MiB"] = round(self.server.fill(mib, compressible=True))
            times = []
            for _ in range(runs):
                self.upgraded("9.0.0-delta.vtb")
                times.append(self.back())
            downtimes[name] = median(times)
            figures[f"rollback{name}Seconds"] = goal(downtimes[name], 5)
        return "upgrade", {
            **figures, "rollbackLargeToSmall": goal(downtimes["Large"] / downtimes["Small"], 1.25),
        }

    def dump(self):
        """Seconds of a dump inside the database's container. It stays there."""
        os.sync()
        return seconds(lambda: self.server.in_database(
            "pg_dump", "--username=postgres", "--dbname=vaultterm", "--format=custom", f"--file={DUMP}"))

    def restored(self):
        """Seconds of restoring it there, into another database. Neither stays."""
        self.server.sql("CREATE DATABASE bench", "postgres")
        took = seconds(lambda: self.server.in_database(
            "pg_restore", "--username=postgres", "--dbname=bench", "--exit-on-error", DUMP))
        self.server.sql("DROP DATABASE bench", "postgres")
        self.server.in_database("rm", DUMP)
        self.server.sql("CHECKPOINT")
        return took

    def upgrade(self):
        """With a small bundle and all that belongs to it, against a dump and its restore."""
        size = self.server.fill(LARGE_MIB // 2)
        dump, restore = self.dump(), self.restored()
        os.sync()
        done = self.upgraded("9.0.0-delta.vtb")
        back = self.back()
        return "upgrade", {
            "databaseMiB": round(size), "seconds": round(done.seconds, 3), "spans": done.spans(),
            "dumpSeconds": round(dump, 3), "restoreSeconds": round(restore, 3),
            "awayMs": done.found["awayMs"], "rollbackSeconds": round(back, 3),
            "upgradeToByHand": goal(done.seconds / (dump + restore), 1.5),
        }

    def backup(self):
        """Writing one, against a dump alone; and with its proof."""
        size = self.server.fill(LARGE_MIB // 8)
        ours, theirs, whole = [], [], []
        for _ in range(RUNS):
            theirs.append(self.dump())
            self.server.in_database("rm", DUMP)
            os.sync()
            done = self.server.tool("backup", "--recipient", self.recipient)
            ours.append(done.span(WRITING))
            whole.append(done.seconds)
        return "backup", {
            "databaseMiB": round(size), "bytes": done.found["backup"]["size"], "peer": "pg_dump -Fc",
            "seconds": median(ours), "peerSeconds": median(theirs), "withProofSeconds": median(whole),
            "timeToDump": goal(median(ours) / median(theirs), 1 / 0.9),
        }

    def memory(self):
        """The peak of every command. What other rows have run is not run again."""
        server, key = self.server, ["--identity", self.room / "identity"]
        if "upgrade" not in server.peaks or "rollback" not in server.peaks:
            server.fill(LARGE_MIB // 8)
            self.upgraded("9.0.0-delta.vtb")
            server.tool("rollback")
        for words in LOOKS:
            # A host that is not as it should be is no reason not to measure.
            server.tool(*words, lenient=True)
        newest = pathlib.Path(server.tool("backup", "--recipient", self.recipient).found["path"]).name
        server.tool("backup", "verify", newest, *key)
        server.tool("restore", newest, *key)
        names = sorted({name for server in self.servers for name in server.peaks})
        peaks = {name: round(max(server.peaks.get(name, 0) for server in self.servers), 1) for name in names}
        return "install", {"peakMiBOf": peaks, "peakMiB": goal(max(peaks.values()), 64)}


def only(folder, version, delta):
    found = [path for path in folder.glob(f"*-v{version}-*.vtb") if ("-from-" in path.name) == delta]
    if len(found) != 1:
        raise SystemExit(f"release {version} is not in {folder}: run `make next`")
    return found[0]


def prepare(made, prepared, version):
    """A copy of an installation's folder that names the images as the plain archive does."""
    run("cp", "--archive", made, prepared)
    names = {"APP_IMAGE": f"vaultterm/app:{version}", "DB_IMAGE": "postgres:16", "CACHE_IMAGE": "redis:7"}
    env = prepared / ".env"
    lines = [line for line in env.read_text().splitlines() if line.split("=")[0] not in names]
    env.write_text("\n".join([*lines, *(f"{name}={value}" for name, value in names.items())]) + "\n")


def main():
    bin_dir, keys, bundle, later = (pathlib.Path(path).resolve() for path in sys.argv[1:5])
    print(json.dumps(measure(bin_dir, keys, bundle, later, sys.argv[5:]), indent=2))


if __name__ == "__main__":
    main()
