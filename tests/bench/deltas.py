"""What a small bundle costs: how small it is after an ordinary change of the app, and the memory
that its patches take on the server."""

import json
import os
import pathlib
import shutil
import statistics
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
    """The app with one route more, compiled as `make` compiles it: in the same folder, since another
    one moves half of the code. The file is exchanged for the compiler alone, in a mount namespace."""
    planes, changed = ROOT / PLANES, bench.room / "planes.rs"
    text, more = planes.read_text(), ROUTE.replace("/health", "/healthy")
    if ROUTE not in text:
        raise SystemExit(f"{PLANES} has changed: teach this benchmark where routes are")
    changed.write_text(text.replace(ROUTE, f"{ROUTE}\n        {more}", 1))
    target, triple = bench.app.parents[2], bench.app.parent.parent.name
    flags = f"CARGO_TARGET_{triple.upper().replace('-', '_')}_RUSTFLAGS"
    environment = {**os.environ, flags: "-C target-feature=+crt-static", "CARGO_TARGET_DIR": str(target)}
    kept, made = bench.room / "programs", bench.room / "vaultterm-app.changed"
    kept.mkdir()
    built = [bench.app, bench.bundler, bench.installer, bench.app.with_name("vaultterm-license")]
    for program in built:
        shutil.copy2(program, kept)
    # All programs at once, as `make` does: fewer would have other features in common.
    programs = "-p vaultterm-app -p vaultterm-bundle -p vaultterm-install -p vaultterm-license"
    build = f"cargo build --quiet --release --locked --target {triple} {programs}"
    try:
        run("unshare", "--mount", "bash", "-c", f"mount --bind '{changed}' '{planes}' && {build}",
            cwd=ROOT, env=environment)
        shutil.copy(bench.app, made)
    finally:
        for program in built:
            # As a new file: what lies there is a link to what cargo keeps of the changed program.
            program.unlink(missing_ok=True)
            shutil.copy2(kept / program.name, program)
        # What cargo remembers is of the other file: the next build looks again.
        planes.touch()
    return made


def of_images(bench, changed):
    kept = ["--cache", bench.room / "kept", "--installer", bench.installer]
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
             "installation": "bench", "project": "bench", "images": {}, "installedAt": "2026-01-01T00:00:00Z"}
    (server / "state.json").write_text(json.dumps(state))
    peaks = [peak_of(bench.installer, "verify", "--deep", delta, "--dir", server, "--trust",
                     bench.trust)[1] for _ in range(RUNS)]
    shutil.rmtree(server)
    return statistics.median(peaks)
