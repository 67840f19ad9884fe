"""What bundles cost, against named peers in the same run: building, building again, verifying,
memory, damage."""

import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import tarfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNS = 5
MIB = 1 << 20
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def goal(value, most):
    return {"value": round(value, 4), "goal": most, "met": value <= most}


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_of(*command):
    """Seconds, and the peak of the process's own memory: not that of programs it starts."""
    process = subprocess.Popen([str(word) for word in command], **QUIET)
    peak = [0]

    def watch():
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak[0] = max(peak[0], int(status.split("VmHWM:")[1].split()[0]) * 1024)
            except (OSError, IndexError):
                return
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    began = time.perf_counter()
    watcher.start()
    if process.wait():
        raise SystemExit(f"failed: {' '.join(map(str, command))}")
    took = time.perf_counter() - began
    watcher.join()
    return took, peak[0] / MIB


class Bench:
    def __init__(self, bin_dir, keys, images, room):
        self.bundler, self.installer = bin_dir / "vaultterm-bundle", bin_dir / "vaultterm-install"
        self.app, self.key, self.trust = bin_dir / "vaultterm-app", keys / "release.key", keys / "release.pub"
        self.images, self.room = images, room

    def build(self, out, *options, app=None):
        return [self.bundler, "build", "--version", "1.0.0", "--key", self.key, "--out", self.room / out,
                "--from", ROOT, "--app-image", app or self.images[0], *options]

    def carried(self, out):
        return next((self.room / out).glob("*.vtb"))

    def cold(self):
        """From the engine, with nothing kept, against saving through gzip and through zstd."""
        ours, peers, peaks = [], {"gzip -6": [], "zstd -T0 -9": []}, []
        sizes = {}
        for _ in range(RUNS):
            shutil.rmtree(self.room / "cold", ignore_errors=True)
            ours.append(seconds(lambda: run(*self.build("cold"), **QUIET)))
            for peer, times in peers.items():
                target = self.room / "peer"
                line = f"docker save {' '.join(self.images)} | {peer} > {target}"
                times.append(seconds(lambda: run("bash", "-c", line)))
                sizes[peer] = target.stat().st_size
        mine, size = statistics.median(ours), self.carried("cold").stat().st_size
        # Apart from the times: whoever watches takes a processor away.
        for _ in range(RUNS):
            peaks.append(peak_of(*self.build("cold-watched"))[1])
        gzip, zstd = (statistics.median(times) for times in peers.values())
        self.gzip_seconds = gzip
        return {
            "seconds": mine, "gzipSeconds": gzip, "zstdSeconds": zstd,
            "bytes": size, "gzipBytes": sizes["gzip -6"], "zstdBytes": sizes["zstd -T0 -9"],
            "timeToGzip": goal(mine / gzip, 0.30), "sizeToGzip": goal(size / sizes["gzip -6"], 0.75),
            "timeToZstd": goal(mine / zstd, 1.05), "sizeToZstd": goal(size / sizes["zstd -T0 -9"], 1.05),
            "peakMiB": goal(statistics.median(peaks), 96),
            "processors": os.cpu_count(), "zstdLevels": self.levels(gzip, sizes["gzip -6"]),
        }

    def levels(self, gzip_seconds, gzip_bytes):
        """What zstd itself reaches against gzip on this host, so that a missed goal can be judged: with
        few processors no level is both as fast and as small as the goals want."""
        found = {}
        for level in (3, 5, 7, 9, 12, 15, 19):
            target = self.room / "peer"
            line = f"docker save {' '.join(self.images)} | zstd -q -T0 -{level} > {target}"
            took = statistics.median(seconds(lambda: run("bash", "-c", line)) for _ in range(3 if level < 12 else 1))
            found[level] = {"timeToGzip": round(took / gzip_seconds, 3),
                            "sizeToGzip": round(target.stat().st_size / gzip_bytes, 3)}
        return found

    def warm(self):
        """A new app image each time, everything else kept."""
        times = []
        kept = self.room / "kept"
        run(*self.build("warm", "--cache", kept), **QUIET)
        binary = self.room / "vaultterm-app"
        for number in range(RUNS):
            shutil.copy(self.app, binary)
            with open(binary, "ab") as file:
                file.write(b"change %d" % number)
            name = f"vaultterm-bench/app:{number}"
            run(ROOT / "deploy/images/app/build", binary, name, **QUIET)
            try:
                times.append(seconds(lambda: run(*self.build("warm", "--cache", kept, app=name), **QUIET)))
            finally:
                run("docker", "rmi", name, **QUIET)
        mine = statistics.median(times)
        return {"seconds": mine, "peer": "docker save | gzip -6",
                "timeToGzip": goal(mine / self.gzip_seconds, 0.10)}

    def large(self, gib):
        """One layer of so many GiB: memory, verifying against openssl, a hundred flipped bits."""
        archive = self.room / "large.tar"
        names = write_archive(archive, gib << 30)
        command = self.build("large", "--level", "1", "--source", archive, "--db-image", names[1],
                             "--cache-image", names[2], app=names[0])
        _, build_peak = peak_of(*command)
        archive.unlink()
        carried = self.carried("large")
        ours, theirs, peaks = [], [], []
        for _ in range(RUNS):
            took, peak = peak_of(self.bundler, "verify", carried, "--trust", self.trust)
            ours.append(took)
            peaks.append(peak)
            theirs.append(seconds(lambda: run("openssl", "dgst", "-sha256", carried, **QUIET)))
        report = {
            "bytes": carried.stat().st_size, "peer": "openssl dgst -sha256",
            "verifySeconds": statistics.median(ours), "peerSeconds": statistics.median(theirs),
            "timeToOpenssl": goal(statistics.median(ours) / statistics.median(theirs), 1.1),
            "verifyPeakMiB": goal(statistics.median(peaks), 32),
            "buildPeakMiB": goal(build_peak, 96),
        }
        report.update(self.damage(carried))
        shutil.rmtree(self.room / "large")
        return report

    def damage(self, good):
        bad, size = self.room / "large" / "bad", good.stat().st_size
        shutil.copy(good, bad)
        chance = random.Random(1)
        places = [chance.randrange(64 * 1024, size) for _ in range(100)]
        with open(bad, "r+b") as file:
            for place in places:
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ 1 << chance.randrange(8)]))
        request, answer = self.room / "large" / "request", self.room / "large" / "answer"
        trust = ["--trust", self.trust]
        asked = run(self.bundler, "repair-request", bad, "--out", request, "--json", *trust,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = [json.loads(line)["text"] for line in asked.stderr.splitlines() if '"warning"' in line]
        found = [line for line in lines if line.startswith("damaged")]
        named = sum(any(covers(line, place) for line in found) for place in places)
        run(self.bundler, "repair-answer", good, request, "--out", answer, *trust, **QUIET)
        run(self.bundler, "repair", bad, answer, *trust, **QUIET)
        healed = subprocess.run(["cmp", bad, good], check=False).returncode == 0
        return {
            "flips": len(places), "named": named, "answerBytes": answer.stat().st_size,
            "notNamed": goal(len(places) - named, 0), "notHealed": goal(0 if healed else 1, 0),
            "answerToBundle": goal(answer.stat().st_size / size, 0.01),
        }


def covers(line, place):
    """Whether `damaged: within N bytes from byte M, in …` covers a place."""
    words = line.replace(",", "").split()
    length, start = int(words[words.index("within") + 1]), int(words[words.index("byte") + 1])
    return start <= place < start + length


class Endless(io.RawIOBase):
    """Bytes that no compressor makes smaller, the same for one seed; changed, every 64th MiB is
    another."""

    def __init__(self, seed, changed):
        super().__init__()
        self.block, self.count, self.changed = random.Random(seed).randbytes(MIB), 0, changed

    def readable(self):
        return True

    def readinto(self, buffer):
        # Another order of the same block each time is enough for a window of some MiB.
        if len(buffer) < MIB:
            piece = self.block[: len(buffer)]
        else:
            self.count += 1
            mark = b"changed" if self.changed and self.count % 64 == 0 else b""
            piece = hashlib.shake_128(mark + self.block[:64] + self.count.to_bytes(8, "big")).digest(64)
            piece = (piece * (MIB // 64))
            piece = bytes_xor(piece, self.block)
        buffer[: len(piece)] = piece
        return len(piece)


def bytes_xor(one, other):
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def write_archive(path, size, seed=None, changed=False):
    """What `docker save` would write of three images, the first with one layer of so many bytes."""
    names = ["bench/large:1", "bench/db:1", "bench/cache:1"]
    large = path.with_suffix(".layer")
    with tarfile.open(large, "w", format=tarfile.GNU_FORMAT) as layer:
        member = tarfile.TarInfo("data")
        member.size = size
        layer.addfile(member, io.BufferedReader(Endless(seed, changed), MIB))
    small = path.with_suffix(".small")
    with tarfile.open(small, "w") as layer:
        layer.addfile(tarfile.TarInfo("empty"))
    entries = []
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for number, (name, layer) in enumerate(zip(names, [large, small, small])):
            with open(layer, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            archive.add(layer, f"{number}/layer.tar")
            config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                                 "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}).encode()
            member = tarfile.TarInfo(f"{number}.json")
            member.size = len(config)
            archive.addfile(member, io.BytesIO(config))
            entries.append({"Config": f"{number}.json", "RepoTags": [name], "Layers": [f"{number}/layer.tar"]})
        listed = json.dumps(entries).encode()
        member = tarfile.TarInfo("manifest.json")
        member.size = len(listed)
        archive.addfile(member, io.BytesIO(listed))
    large.unlink()
    small.unlink()
    return names
