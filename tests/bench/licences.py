"""What opening a licence costs: the composite against Ed25519 alone, in one process by turns."""

import json
import os
import subprocess


def measure(root, runs, median):
    """The program is built with the workspace's own release profile; its figures are medians."""
    command = ["cargo", "run", "--quiet", "--release", "-p", "license", "--example", "verify_cost"]

    def figures():
        done = subprocess.run(command, cwd=root, env=os.environ, check=True, capture_output=True,
                              text=True)
        return json.loads(done.stdout)

    reports = [figures() for _ in range(runs)]

    def cost(name, figure="median"):
        return median(report[name][figure] for report in reports)

    milliseconds = cost("composite") / 1000
    return {
        "peer": "Ed25519 alone, the same file format",
        "ed25519Microseconds": cost("ed25519"),
        "compositeMicroseconds": cost("composite"), "compositeMicrosecondsP99": cost("composite", "p99"),
        "compositeWithKeyMicroseconds": cost("compositeWithKey"),
        "timesEd25519": round(cost("composite") / cost("ed25519"), 2),
        "verifyMilliseconds": {"value": round(milliseconds, 3), "goal": 1, "met": milliseconds <= 1},
    }
