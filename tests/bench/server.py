"""A server to install on: an engine of its own with empty storage, in a network namespace with
nothing but itself, and the installer, watched from outside.

Run as a program, inside the namespace, it asks `/readyz` of a port every 20 ms."""

import asyncio
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

from bundles import MIB

ENGINE_PATIENCE = 60
PROBE_EVERY = 0.02
PORT = 4000
ROW_TEXT = 980


class Server:
    """`room` needs a short path, for a socket lies in it, on a disk that overlayfs can stand on."""

    def __init__(self, room, installer):
        self.dir, self.stick, self.engine = room / "vaultterm", room / "stick", room / "engine"
        self.room, self.installer = room, self.stick / "vaultterm-install"
        self.stick.mkdir()
        self.carry(installer, self.installer.name)
        self.engine.mkdir()
        self.peaks = {}
        self.namespace = f"vtbench-{os.getpid()}-{room.name}"
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        self.daemon = None
        try:
            self.inside("ip", "link", "set", "lo", "up")
            self.start_engine()
        except BaseException:
            self.stop()
            raise

    def start_engine(self):
        words = {"data-root": self.engine / "data", "exec-root": self.engine / "exec",
                 "pidfile": self.engine / "dockerd.pid", "host": self.host(),
                 # A containerd of the host is shared; what is in it is not.
                 "containerd-namespace": self.namespace,
                 "containerd-plugins-namespace": f"{self.namespace}-plugins"}
        with open(self.room / "dockerd.log", "ab") as log:
            self.daemon = subprocess.Popen(
                self.command("dockerd", *(f"--{name}={value}" for name, value in words.items())),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + ENGINE_PATIENCE
        while self.docker("version", check=False).returncode:
            if time.monotonic() > deadline or self.daemon.poll() is not None:
                raise SystemExit((self.room / "dockerd.log").read_text())
            time.sleep(0.1)

    def host(self):
        return f"unix://{self.engine}/docker.sock"

    def command(self, *words):
        """A command inside the namespace. `nsenter` changes the network alone, and becomes it."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", "--", *map(str, words)]

    def inside(self, *words, check=True, **options):
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, **options}
        done = subprocess.run(self.command(*words), check=False, **options,
                              env={**os.environ, "DOCKER_HOST": self.host()})
        if check and done.returncode:
            raise SystemExit(f"failed: {' '.join(map(str, words))}\n{done.stderr}")
        return done

    def docker(self, *words, **options):
        return self.inside("docker", *words, **options)

    def container(self, service):
        label = f"label=com.docker.compose.service={service}"
        return self.docker("ps", "--quiet", "--filter", label).stdout.strip()

    def in_database(self, *words, **options):
        """A program inside the database's container, as the superuser."""
        return self.docker("exec", "--interactive", "--user", "postgres", self.container("db"), *words, **options)

    def sql(self, statements, database="vaultterm"):
        return self.in_database("psql", "--username=postgres", f"--dbname={database}", "-qAt",
                                "--set=ON_ERROR_STOP=1", "--command", statements).stdout.strip()

    def fill(self, mib, compressible=False):
        """Makes the database about so large. Eight rows fill a page; the text is hexadecimal noise,
        as the ciphertexts of a vault are for a dump, or, where only size counts, one piece of it."""
        self.sql("DROP TABLE IF EXISTS bench; CREATE TABLE bench (id bigint, text text);"
                 "ALTER TABLE bench OWNER TO vaultterm_owner")
        copy = subprocess.Popen(
            self.command("docker", "--host", self.host(), "exec", "--interactive", "--user", "postgres",
                         self.container("db"), "psql", "--username=postgres", "--dbname=vaultterm",
                         "--quiet", "--command", "COPY bench FROM STDIN"),
            stdin=subprocess.PIPE)
        chance = random.Random(mib)
        text = chance.randbytes(ROW_TEXT // 2).hex()
        for number in range(mib):
            if not compressible:
                text = chance.randbytes(ROW_TEXT * 512).hex()
            rows = (f"{number << 10 | row}\t{text[row * ROW_TEXT:(row + 1) * ROW_TEXT] or text}\n"
                    for row in range(1024))
            copy.stdin.write("".join(rows).encode())
        copy.stdin.close()
        if copy.wait():
            raise SystemExit("the database did not take the rows")
        self.sql("ALTER TABLE bench ADD PRIMARY KEY (id)")
        self.sql("CHECKPOINT")
        return int(self.sql("SELECT pg_database_size('vaultterm')")) / MIB

    def carry(self, path, name):
        shutil.copy(path, self.stick / name)

    def tool(self, *words, wrapped=(), **options):
        """Runs the installer and watches it."""
        words = [str(word) for word in words]
        command = self.command(*wrapped, self.installer, *words, "--dir", self.dir,
                               "--docker-host", self.host(), "--json", "--yes")
        run = Run(command, self.stick, **options)
        name = " ".join(word for word in words[:2] if word in NAMES)
        self.peaks[name] = max(run.peak_mib, self.peaks.get(name, 0))
        return run

    def install(self, **options):
        return self.tool("install", "vaultterm.vtb", "--license", "license.vtlic", **options)

    def probe(self):
        return Probe(self)

    def empty(self):
        """As no installation and no image had ever been here."""
        ids = self.docker("ps", "--all", "--quiet").stdout.split()
        if ids:
            self.docker("rm", "--force", "--volumes", *ids)
        self.docker("volume", "prune", "--force")
        for name in self.docker("volume", "ls", "--quiet").stdout.split():
            self.docker("volume", "rm", name)
        self.docker("network", "prune", "--force")
        images = set(self.docker("images", "--all", "--quiet").stdout.split())
        if images:
            self.docker("image", "rm", "--force", *images)
        shutil.rmtree(self.dir, ignore_errors=True)

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            ids = self.docker("ps", "--all", "--quiet", check=False).stdout.split()
            if ids:
                self.docker("rm", "--force", "--volumes", *ids, check=False)
            self.daemon.terminate()
            self.daemon.wait()
        subprocess.run(["ip", "netns", "del", self.namespace], check=False)


# The words that commands are told apart by.
NAMES = {"verify", "preflight", "--bench", "plan", "install", "upgrade", "rollback", "backup", "list",
         "restore", "doctor", "status", "inventory", "support-bundle"}


class Run:
    """One run of the installer: its report, when it said what, and the peak of its own memory, which
    is not that of programs it starts. It is interrupted when a progress of the title `until` ends;
    `watchers` are told of the process; one that is `lenient` may fail."""

    def __init__(self, command, cwd, until=None, watchers=(), lenient=False):
        self.events, self.peak_mib, self.found = [], 0, {}
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threads = [threading.Thread(target=work) for work in (self.watch, self.hear)]
        threads += [threading.Thread(target=watcher.follow, args=[self.process]) for watcher in watchers]
        for thread in threads:
            thread.start()
        self.listen(until)
        code = self.process.wait()
        self.seconds = time.monotonic() - self.began
        for thread in threads:
            thread.join()
        if code and not until and not lenient:
            said = "\n".join(json.dumps(event) for _, event in self.events[-8:])
            raise SystemExit(f"failed with {code}: {' '.join(command)}\n{said}")

    def listen(self, until):
        with self.process.stderr as lines:
            for line in lines:
                event = json.loads(line) if line.startswith("{") else {"said": line}
                self.events.append((time.monotonic() - self.began, event))
                if until and event.get("event") == "progress-end" and event["title"] == until:
                    self.process.send_signal(signal.SIGINT)

    def watch(self):
        while has_begun(self.process) is not None:
            try:
                status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            except OSError:
                return
            if has_begun(self.process) and "VmHWM:" in status:
                self.peak_mib = max(self.peak_mib, int(status.split("VmHWM:")[1].split()[0]) / 1024)
            time.sleep(0.002)

    def hear(self):
        with self.process.stdout as out:
            text = out.read()
        self.found = json.loads(text) if text.strip() else {}

    def span(self, title):
        """Seconds between beginning and end of a progress."""
        at = {event["event"]: when for when, event in self.events if event.get("title") == title}
        return at["progress-end"] - at["progress-begin"]

    def spans(self):
        titles = {event["title"]: self.span(event["title"]) for _, event in self.events
                  if event.get("event") == "progress-end"}
        return {title: round(took, 3) for title, took in titles.items()}


def has_begun(process):
    """Whether a process is the installer already; nothing when it has ended."""
    try:
        name = pathlib.Path(f"/proc/{process.pid}/comm").read_text()
        state = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None
    return None if state == "Z" else name.startswith("vaultterm")


class Watched:
    """The largest of a figure while the installer runs."""

    def __init__(self, look):
        self.look, self.peak, self.samples = look, 0, 0

    def follow(self, process):
        while (begun := has_begun(process)) is not None:
            try:
                if begun:
                    self.peak, self.samples = max(self.peak, self.look(process)), self.samples + 1
            except OSError:
                pass
            time.sleep(0.005)


class Probe:
    """Asks while its block runs; then `longest` is the longest time between two good answers."""

    def __init__(self, server):
        self.server, self.longest, self.answers = server, None, 0

    def __enter__(self):
        self.process = subprocess.Popen(
            self.server.command(sys.executable, __file__, PORT), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        # Its first good answer.
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        time.sleep(0.2)
        said, _ = self.process.communicate()
        self.longest, self.answers = json.loads(said)


async def ask(port, good):
    writer = None
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 1)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        line = await asyncio.wait_for(reader.readline(), 1)
        if b" 200 " in line:
            if not good:
                print("it answers", flush=True)
            good.append(time.monotonic())
    except (OSError, asyncio.TimeoutError):
        pass
    finally:
        if writer:
            writer.close()


async def ask_and_ask(port):
    """Until standard input ends. No question waits for the answer to another one."""
    good, asked, ended = [], set(), asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    following = time.monotonic()
    while not ended.done():
        asked.add(asyncio.create_task(ask(port, good)))
        asked = {task for task in asked if not task.done()}
        following += PROBE_EVERY
        await asyncio.sleep(max(0, following - time.monotonic()))
    marks = [*good, time.monotonic()]
    print(json.dumps([max(later - sooner for sooner, later in zip(marks, marks[1:])), len(good)]))


if __name__ == "__main__":
    asyncio.run(ask_and_ask(int(sys.argv[1])))
