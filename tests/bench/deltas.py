"""What a small bundle costs: how small it is after an ordinary change of the app, and the memory
that its patches take on the server."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tarfile

from bundles import MIB, QUIET, ROOT, RUNS, goal, peak_of, run, write_archive

PLANES = "app/src/boot/planes.rs"
ROUTE = '.route("/health", get(health::health))'


def measure(bench):
    """Of the real images with one route more, and of layers of two sizes, to show that memory does
    not grow with them."""
    changed = "vaultterm-bench/app:changed"
    run(ROOT / "deploy/images/app/build", changed_app(bench), changed, **QUIET)
    try:
        report = of_images(bench, changed)
    finally:
        run("docker", "rmi", changed, **QUIET)
    for mib in (64, 1024):
        report[f"applyPeakMiB{mib}"] = goal(of_layers(bench, mib), 64)
    return report


def changed_app(bench):
    """The app with one route more, compiled as `make` compiles it."""
    sources, triple = bench.room / "sources", bench.app.parent.parent.name
    sources.mkdir()
    run("bash", "-c", f"git -C '{ROOT}' archive HEAD | tar -x -C '{sources}'")
    shutil.copytree(ROOT / "app/portal/dist", sources / "app/portal/dist", dirs_exist_ok=True)
    planes = sources / PLANES
    text = planes.read_text()
    if ROUTE not in text:
        raise SystemExit(f"{PLANES} has changed: teach this benchmark where routes are")
    more = ROUTE.replace("/health", "/healthy")
    planes.write_text(text.replace(ROUTE, f"{ROUTE}\n        {more}", 1))
    # What it depends on is compiled already; the programs that were built stay where they are.
    target = bench.app.parents[2]
    flags = f"CARGO_TARGET_{triple.upper().replace('-', '_')}_RUSTFLAGS"
    environment = {**os.environ, flags: "-C target-feature=+crt-static", "CARGO_TARGET_DIR": str(target)}
    kept = bench.room / "vaultterm-app.kept"
    shutil.copy2(bench.app, kept)
    try:
        run("cargo", "build", "--quiet", "--release", "--locked", "--target", triple,
            "-p", "vaultterm-app", cwd=sources, env=environment)
        shutil.copy(bench.app, bench.room / "vaultterm-app.changed")
    finally:
        shutil.copy2(kept, bench.app)
    shutil.rmtree(sources)
    return bench.room / "vaultterm-app.changed"


def of_images(bench, changed):
    kept = ["--cache", bench.room / "kept"]
    run(*bench.build("base", *kept), **QUIET)
    run(*bench.build("full", *kept, app=changed), **QUIET)
    base = bench.carried("base")
    run(*bench.build("delta", *kept, "--base", base, app=changed), **QUIET)
    full, delta = bench.carried("full").stat().st_size, bench.carried("delta").stat().st_size
    return {
        "bytes": delta, "peer": "the full bundle", "peerBytes": full,
        "sizeToFull": goal(delta / full, 0.02),
        "applyPeakMiB": goal(applied(bench, base, bench.carried("delta")), 64),
    }


def of_layers(bench, mib):
    """A layer of so many MiB of which one in every 64 changes."""
    archive = bench.room / "layer.tar"

    def build(out, changed, *options):
        names = write_archive(archive, mib * MIB, seed=7, changed=changed)
        run(*bench.build(out, "--level", "1", "--source", archive, "--db-image", names[1],
                         "--cache-image", names[2], *options, app=names[0]), **QUIET)
        archive.unlink()
        return bench.carried(out)

    base = build("layer-base", False)
    delta = build("layer-delta", True, "--base", base)
    peak = applied(bench, base, delta)
    for out in ("layer-base", "layer-delta"):
        shutil.rmtree(bench.room / out)
    return peak


def applied(bench, base, delta):
    """Memory of making what a delta makes, on a server that has the base."""
    server = bench.room / "server"
    shutil.rmtree(server, ignore_errors=True)
    release = server / "releases/1.0.0"
    release.mkdir(parents=True)
    (server / "blobs").mkdir()
    with tarfile.open(base) as archive:
        manifest = json.load(archive.extractfile("bundle.json"))
        for member in archive:
            if member.name.startswith("files/"):
                place = release / member.name.removeprefix("files/")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.extractfile(member).read())
        (release / "bundle.json").write_bytes(archive.extractfile("bundle.json").read())
        for layer in (layer for image in manifest["images"] for layer in image["layers"]):
            name = layer["diffId"].removeprefix("sha256:")
            blob = archive.extractfile("blobs/sha256/" + layer["digest"].removeprefix("sha256:"))
            with open(server / "blobs" / f"{name}.tar.zst", "wb") as out:
                shutil.copyfileobj(blob, out, MIB)
    state = {"version": "1.0.0", "releaseCounter": 1, "created": 1, "signers": [],
             "project": "bench", "images": {}, "installedAt": "2026-01-01T00:00:00Z"}
    (server / "state.json").write_text(json.dumps(state))
    peaks = [peak_of(bench.installer, "verify", "--deep", delta, "--dir", server, "--trust",
                     bench.trust)[1] for _ in range(RUNS)]
    shutil.rmtree(server)
    return statistics.median(peaks)
