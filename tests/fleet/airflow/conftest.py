"""A real Airflow; only `make test-fleet` comes here."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from fleet.airflow import BIN, ROOT, migrate, programs, settings
from fleet.played import WRONG_KEY, Played, warehouse_connection, write_inventory
from freshsales_sandbox.app import API_KEY, SCIM_TOKEN

DAG_TEST = Path(__file__).with_name("dag_test.py")
PATIENCE_SECONDS = 300


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """An Airflow takes a minute and an environment of its own: ask for it by name."""
    named = any("tests/fleet" in argument for argument in config.args)
    return None if named else True


def holds_secret(text: bytes) -> bool:
    return any(secret.encode() in text for secret in (API_KEY, SCIM_TOKEN, WRONG_KEY))


@dataclass(frozen=True)
class Place:
    """Where one fleet lives: its inventory, its reports, its Airflow."""

    folder: Path
    environment: dict[str, str]

    @property
    def verdict(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "verdict.json").read_text())
        return found

    @property
    def written(self) -> Iterator[Path]:
        """Everything that Airflow and its tasks have left behind."""
        return (path for path in self.folder.rglob("*") if path.is_file())

    @property
    def leaks(self) -> list[Path]:
        """Files with a secret in them: logs, XCom and rendered templates, which are in Airflow's database."""
        return [path for path in self.written if holds_secret(path.read_bytes())]

    def logs_of(self, task: str) -> str:
        """What the tasks of this id have logged, all tries together."""
        return "".join(path.read_text() for path in self.written if f"task_id={task}/" in str(path))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an Airflow, to be copied: it takes six seconds to make."""
    home = tmp_path_factory.mktemp("airflow")
    migrate(settings(home), home / "airflow.log")
    return home / "airflow.db"


@contextmanager
def fleet(
    folder: Path, migrated: Path, accounts: list[Played], database: str | None, **others: str
) -> Iterator[Place]:
    """A fleet that reads these accounts, into PostgreSQL or else into DuckDB."""
    home = folder / "airflow"
    home.mkdir(parents=True)
    (home / "airflow.db").write_bytes(migrated.read_bytes())
    write_inventory(accounts, folder / "accounts.yml")
    connections: dict[str, str] = {}
    for account in accounts:
        connections |= account.connection
    if database is not None:
        connections |= warehouse_connection(database)
    yield Place(
        folder,
        settings(
            home,
            **programs("target-duckdb" if database is None else "target-postgres"),
            **connections,
            FRESHSALES_FLEET_INVENTORY=str(folder / "accounts.yml"),
            FRESHSALES_FLEET_OUTPUT=str(folder),
            **others,
        ),
    )


def run_dag(place: Place) -> Mapping[str, Any]:
    """`dag.test()` in Airflow's environment; how each task ended."""
    finished = subprocess.run(
        [str(BIN / "python"), str(DAG_TEST), str(ROOT / "fleet/dags/freshsales_fleet.py")],
        env=place.environment,
        cwd=place.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    (place.folder / "dag_test.log").write_text(finished.stdout + finished.stderr)
    assert finished.returncode == 0, finished.stderr[-4000:]
    found: Mapping[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """URL of a new database on the server."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    parts = conninfo_to_dict(server)
    yield f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{name}?sslmode=disable"
