"""Airflow on this machine only: its three processes run until the end of the `with` block."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import requests

from freshsales_fleet.programs import TETHER

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv-fleet" / "bin"
DAG = "freshsales_fleet"
LOOPBACK = "127.0.0.1"
USER = "admin"
PATIENCE_SECONDS = 180
GRACE_SECONDS = 30
POLL_SECONDS = 0.5
# Variables that another Airflow or another fleet may have set here.
OURS = ("AIRFLOW", "FRESHSALES_", "TAP_FRESHSALES_", "TARGET_", "PG", "DBT_")
ENDED = ("success", "failed")
Document = dict[str, Any]


class FleetFailedError(Exception):
    """One sentence on what went wrong and what to do."""


def settings(home: Path, **others: str) -> dict[str, str]:
    """Environment variables for an Airflow that asks no other machine; `others` are added as they are."""
    loopback = f"{LOOPBACK},localhost"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "fleet" / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(48),
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), loopback])),
        "no_proxy": ",".join(filter(None, [os.environ.get("no_proxy"), loopback])),
        **others,
    }


def programs(loader: str = "target-postgres") -> dict[str, str]:
    """Environment variables with the paths of the programs that Meltano has installed here."""
    plugins = ROOT / ".meltano"
    return {
        "FRESHSALES_FLEET_TAP": str(ROOT / ".venv-fleet/bin/tap-freshsales-users"),
        "FRESHSALES_FLEET_LOADER": str(plugins / "loaders" / loader / "venv/bin" / loader),
        "FRESHSALES_FLEET_REVIEW": str(plugins / "utilities/freshsales-review/venv/bin/freshsales-review"),
        "FRESHSALES_FLEET_TRANSFORM": str(ROOT / "transform"),
    }


class Airflow:
    """A scheduler with its executor, the processor of the DAG's file, and the page with its API."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home = home
        self.password = secrets.token_urlsafe(12)
        with os.fdopen(os.open(home / "passwords.json", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump({USER: self.password}, file)
        with socket.create_server((LOOPBACK, 0)) as free:
            self.port = free.getsockname()[1]
        self._environment = {
            **environment,
            "AIRFLOW__API__BASE_URL": self.address,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        return self.home / "airflow.log"

    def __enter__(self) -> Self:
        try:
            migrate(self._environment, self.log)
            self._start("api-server", "--host", LOOPBACK, "--port", str(self.port), "--workers", "1")
            self._start("dag-processor")
            # No log server: it would listen to the whole network, and the files are on this machine.
            self._start("scheduler", "--skip-serve-logs")
            self._log_in()
            self._wait("the DAG was not found", lambda: self._asked("GET", f"/api/v2/dags/{DAG}") is not None)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def trigger(self) -> str:
        """Start a run of the fleet; return its id."""
        run = self._asked("POST", f"/api/v2/dags/{DAG}/dagRuns", {"logical_date": None})
        if run is None:
            raise FleetFailedError(f"Airflow did not take the run; {self.log} says why.")
        return str(run["dag_run_id"])

    def wait(self, run: str, seconds: float = 900) -> str:
        """Wait for the end of a run; return its state."""
        self._wait("the run did not end", lambda: self._state(run) in ENDED, seconds)
        return self._state(run)

    def tasks(self, run: str) -> list[Document]:
        found = self._asked("GET", f"/api/v2/dags/{DAG}/dagRuns/{run}/taskInstances?limit=1000")
        return [] if found is None else list(found["task_instances"])

    def _state(self, run: str) -> str:
        found = self._asked("GET", f"/api/v2/dags/{DAG}/dagRuns/{run}")
        return "unknown" if found is None else str(found["state"])

    def _start(self, *command: str) -> None:
        with self.log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(  # noqa: S603 - our own Airflow
                    [sys.executable, "-I", "-S", TETHER, str(os.getpid()), BIN / "airflow", *command],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Only this process gets Ctrl-C; it ends the others in their order.
                    start_new_session=True,
                )
            )

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self._processes):
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    def _log_in(self) -> None:
        login = {"username": USER, "password": self.password}

        def logged_in() -> bool:
            token = self._asked("POST", "/auth/token", login)
            if token is None:
                return False
            self._session.headers["Authorization"] = f"Bearer {token['access_token']}"
            return True

        self._wait("Airflow's page did not come up", logged_in)

    def _asked(self, method: str, path: str, document: Document | None = None) -> Document | None:
        try:
            answer = self._session.request(method, self.address + path, json=document, timeout=30)
        except requests.ConnectionError:
            return None
        return answer.json() if answer.ok else None

    def _wait(self, problem: str, done: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        until = time.monotonic() + seconds
        while not done():
            ended = [process for process in self._processes if process.poll() is not None]
            if ended or time.monotonic() > until:
                raise FleetFailedError(f"Airflow: {problem}; {self.log} says why.")
            time.sleep(POLL_SECONDS)


def migrate(environment: Mapping[str, str], log: Path) -> None:
    """Make the database of Airflow itself."""
    with log.open("ab") as file:
        done = subprocess.run(  # noqa: S603 - our own Airflow
            [BIN / "airflow", "db", "migrate"], env=environment, stdout=file, stderr=file, check=False
        )
    if done.returncode:
        raise FleetFailedError(f"Airflow's database could not be made; {log} says why.")
