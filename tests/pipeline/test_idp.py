"""The jobs of the identity provider and of the roster, as a user runs them."""

import csv
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.roster import HEADER, roster_of
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP
from tests.pipeline.projects import Project
from tests.pipeline.warehouses import DuckDB, Warehouse

ROSTER = f"select {', '.join(HEADER)} from freshsales_roster.roster"
RECEIPTS = "select object, rows from freshsales_okta.load_receipts where is_complete order by object"


@pytest.fixture
def company() -> Iterator[Sandbox]:
    with Sandbox(people=60, seed=7, quota=None) as running:
        running.play(30)
        yield running


def query(warehouse: Warehouse, path: Path, sql: str) -> list[tuple[Any, ...]]:
    if isinstance(warehouse, DuckDB):
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(warehouse.location) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_the_jobs_okta_and_roster_load_all_there_is(
    company: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    # A project of the test's own, because the roster's receipt lies in its folder.
    project = Project.copied(tmp_path / "project")
    okta, file = tmp_path / "okta.duckdb", tmp_path / "roster.csv"
    tenant = company.okta.tenant
    content = roster_of(tenant).csv().encode()
    file.write_bytes(content)
    file.with_name("roster.csv.sha256").write_text(f"{sha256(content).hexdigest()}  roster.csv\n")
    environment = {f"FRESHSALES_IDP_{name.upper()}": value for name, value in company.okta_config.items()}
    environment |= {"FRESHSALES_IDP_WAREHOUSE": str(okta), "FRESHSALES_ROSTER_FILE": str(file)}
    environment |= warehouse.environment
    # Twice into DuckDB: a file that has not changed is read again, and nobody is doubled.
    jobs = ["okta", "roster", "roster"]
    if not isinstance(warehouse, DuckDB):
        jobs = ["okta-postgres", "roster-postgres"]
        # Both jobs follow what only Meltano knows.
        database = environment.pop("PGDATABASE")
        assert project.meltano("config", "set", "target-postgres", "database", database).returncode == 0
    finished = project.meltano("run", *jobs, **environment)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr.count(f"Processed {len(roster_of(tenant).rows)} rows") == len(jobs) - 1
    landing = Path(warehouse.location)
    found = {tuple(cell or "" for cell in row) for row in query(warehouse, landing, ROSTER)}
    assert found == {tuple(row.values()) for row in csv.DictReader(file.read_text().splitlines())}
    assert any(row[0].startswith("00") for row in found)
    proven = query(warehouse, landing, "select is_complete, rows from freshsales_roster.load_receipts")
    assert proven == [("true", str(len(found)))] * (len(jobs) - 1)
    counted = dict(query(warehouse, okta, RECEIPTS))
    assert counted.keys() == {"app_users", "log_events", "users"}
    assert counted["users"] == len(tenant.users)
    assert counted["app_users"] == len(tenant.assigned(FRESHWORKS_APP))


def test_a_roster_with_a_mistake_is_not_loaded(tmp_path: Path) -> None:
    project = Project.copied(tmp_path / "project")
    file, landing = tmp_path / "roster.csv", tmp_path / "landing.duckdb"
    file.write_text(",".join(HEADER) + "\n,robin@acme.example,Robin,,,,\n")
    finished = project.meltano(
        "run", "roster", FRESHSALES_ROSTER_FILE=str(file), TARGET_DUCKDB_FILEPATH=str(landing)
    )
    assert finished.returncode == 1
    assert "Line 2 has no employee_number" in finished.stderr
    assert not landing.exists()
