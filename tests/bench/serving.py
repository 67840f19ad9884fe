"""The app as a process of its own, beside the services of `tests/bin/with-services`."""

import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATABASE = "bench"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def psql(database, *words):
    tools = subprocess.run([ROOT / "deploy/host/postgres"], check=True, capture_output=True, text=True)
    done = subprocess.run([f"{tools.stdout.strip()}/psql", "-qAt", "--set=ON_ERROR_STOP=1", database, *words],
                          check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def make_database():
    """An empty one with both roles; the superuser's way in, and theirs: serving, owning."""
    superuser = os.environ["VAULTTERM_TEST_DATABASE_URL"]
    psql(superuser, "--command", "CREATE ROLE vaultterm_owner LOGIN",
         "--command", "CREATE ROLE vaultterm_app LOGIN",
         "--command", f"CREATE DATABASE {DATABASE} OWNER vaultterm_owner")
    address = superuser.split("@")[-1].split("/")[0]
    return [f"postgres://{role}@{address}/{DATABASE}" for role in ("postgres", "vaultterm_app", "vaultterm_owner")]


class App:
    """Serves while its block runs. Without `database` it has one of its own."""

    def __init__(self, program, variables=(), database=None):
        self.program, self.port = program, free_port()
        self.database, serving, owner = database or make_database()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "APP_ENV": "development", "PORT": str(self.port), "ADMIN_PORT": str(free_port()),
            "LISTEN_ADDRESS": "127.0.0.1", "APP_BASE_URL": self.origin, "DATABASE_URL": serving,
            "DATABASE_OWNER_URL": owner, "REDIS_URL": os.environ["VAULTTERM_TEST_REDIS_URL"],
            "DEPLOYMENT_MODE": "saas", "LOG_LEVEL": "error", **dict(variables),
        }

    def __enter__(self):
        began = time.perf_counter()
        self.process = subprocess.Popen([self.program, "serve"], env=self.environment)
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        self.seconds_to_ready = time.perf_counter() - began
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def wait_until_ready(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.origin}/readyz", timeout=1).read()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.002)
        raise SystemExit("the app did not become ready")

    def command(self, *words):
        done = subprocess.run([self.program, *words], env=self.environment, check=True,
                              stdout=subprocess.PIPE, text=True)
        return done.stdout.splitlines()[-1]

    def sql(self, statement):
        return psql(self.database, "--command", statement)

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024
