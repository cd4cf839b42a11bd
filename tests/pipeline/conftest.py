"""Meltano, the loaders and the tap as a user starts them, each test in a system folder of its own."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from freshsales_sandbox.app import Sandbox
from tests.pipeline.warehouses import DuckDB, PostgreSQL, Warehouse

ROOT = Path(__file__).parents[2]
TAP = ROOT / ".venv" / "bin" / "tap-freshsales-users"
REVIEW = ROOT / ".venv" / "bin" / "freshsales-review"
LOADERS = {
    "target-duckdb": ROOT / ".meltano/loaders/target-duckdb/venv/bin/target-duckdb",
    "target-duckdb-unpinned": ROOT / ".venv-loaders/target-duckdb-unpinned/bin/target-duckdb",
    "meltanolabs-target-postgres": ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres",
    "pipelinewise-target-postgres": ROOT / ".venv-loaders/pipelinewise-target-postgres/bin/target-postgres",
    "target-jsonl": ROOT / ".meltano/loaders/target-jsonl/venv/bin/target-jsonl",
    "meltanolabs-target-csv": ROOT / ".venv-loaders/meltanolabs-target-csv/bin/target-csv",
}
PATIENCE_SECONDS = 120

Finished = subprocess.CompletedProcess[str]


class Meltano(Protocol):
    def __call__(self, *arguments: str, **environment: str) -> Finished: ...


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=60, seed=7, quota=None) as running:
        yield running


@pytest.fixture
def meltano(tmp_path: Path) -> Meltano:
    """Run `meltano`; two runs side by side must not share a system folder, only what is installed in it."""
    system = tmp_path / "meltano"
    system.mkdir()
    for kind in ("extractors", "loaders", "utilities"):
        (system / kind).symlink_to(ROOT / ".meltano" / kind)

    def run(*arguments: str, **environment: str) -> Finished:
        own = {"MELTANO_SYS_DIR_ROOT": str(system), "MELTANO_CLI_LOG_FORMAT": "uncolored"}
        return start([ROOT / ".venv-meltano/bin/meltano", *arguments], **own, **environment)

    return run


@pytest.fixture
def database(postgresql: str) -> str:
    """URL of an empty database of PostgreSQL."""
    name = f"pipeline_{uuid4().hex}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return postgresql.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["duckdb", "postgresql"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    if request.param == "duckdb":
        return DuckDB(tmp_path / "warehouse.duckdb")
    return PostgreSQL(request.getfixturevalue("database"))


def start(command: list[str | Path], *, stdin: str | None = None, **environment: str) -> Finished:
    """Run a command to its end, in the project's folder."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def tap_environment(sandbox: Sandbox, **settings: str) -> dict[str, str]:
    return {
        f"TAP_FRESHSALES_USERS_{name.upper()}": value for name, value in (sandbox.config | settings).items()
    }


def messages(sandbox: Sandbox, **settings: str) -> str:
    """Everything that one run of the tap writes."""
    finished = start([TAP, "--config=ENV"], **tap_environment(sandbox, **settings))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def load(loader: str, lines: str, place: str, tmp_path: Path) -> Finished:
    config = tmp_path / f"{loader}.config.json"
    config.write_text(json.dumps(loader_config(loader, place)))
    return start([LOADERS[loader], "--config", config], stdin=lines)


def loader_config(loader: str, place: str) -> Mapping[str, object]:
    """Point a loader at a DuckDB file, a database or a folder."""
    if loader.startswith("target-duckdb"):
        return {"filepath": place, "default_target_schema": "freshsales", "add_metadata_columns": True}
    if loader.endswith("target-postgres"):
        parts = conninfo_to_dict(place)
        name = "dbname" if loader.startswith("pipelinewise") else "database"
        settings = {setting: parts[setting] for setting in ("host", "user", "password")}
        settings |= {"port": int(str(parts["port"])), name: parts["dbname"]}
        return settings | {"default_target_schema": "freshsales"}
    if loader == "target-jsonl":
        return {"destination_path": place, "do_timestamp_file": False}
    return {"output_path": place}
