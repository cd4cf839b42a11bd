"""Meltano and the warehouses, each test with its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg
import pytest

from freshsales_sandbox.app import Sandbox
from tests.pipeline.commands import ROOT, Finished, start
from tests.pipeline.warehouses import DuckDB, PostgreSQL, Warehouse


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
        return start([ROOT / ".venv-meltano/bin/meltano", *arguments], environment=own | environment)

    return run


@pytest.fixture
def database(postgresql: str) -> str:
    """URL of an empty database of PostgreSQL."""
    name = f"pipeline_{uuid4().hex}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
        # Far from UTC: no time may be shifted by where the database stands.
        connection.execute(f"alter database {name} set timezone to 'Asia/Kathmandu'".encode())
    return postgresql.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["duckdb", "postgresql"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    if request.param == "duckdb":
        return DuckDB(tmp_path / "warehouse.duckdb")
    return PostgreSQL(request.getfixturevalue("database"))
