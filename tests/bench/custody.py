"""How fast `rotate-master` is, and what requests feel of it: see app/benches/custody.rs."""

import json
import os
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The services of the tests keep nothing; here every commit reaches the disk.
DURABLE = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c shared_buffers=256MB"


def measure(goal):
    found = subprocess.run(
        [ROOT / "tests/bin/with-services", "cargo", "bench", "--quiet", "--locked", "-p", "vaultterm-app",
         "--bench", "custody"],
        check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "VAULTTERM_PG_OPTIONS": DURABLE})
    return figures(json.loads(found.stdout.splitlines()[-1]), goal)


def figures(found, goal):
    rounds = found["rounds"]

    def median(of):
        return statistics.median(of(one) for one in rounds)

    rate = median(lambda one: one["rotation"]["records"] / one["rotation"]["millis"] * 1000)

    def slower(figure):
        return median(lambda one: one["meanwhile"][figure] / ((one["before"][figure] + one["after"][figure]) / 2))

    return {
        "records": found["records"], "recordsPerSecond": round(rate), "rounds": rounds,
        # 20,000 records in a second.
        "microsecondsPerRecord": goal(1e6 / rate, 50),
        "requestsMeanwhileRatio": goal(slower("medianMs"), 1.1),
        "meanMeanwhileRatio": goal(slower("meanMs"), 1.1),
        # For who reads the figures: the slowest twentieth.
        "p95MeanwhileRatio": round(slower("p95Ms"), 2),
    }
