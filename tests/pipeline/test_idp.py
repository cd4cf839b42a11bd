"""The jobs of the identity provider and of the roster, as a user runs them."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.roster import HEADER, roster_of
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP
from tests.pipeline.conftest import Meltano
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
    meltano: Meltano, company: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    okta, file = tmp_path / "okta.duckdb", tmp_path / "roster.csv"
    tenant = company.okta.tenant
    file.write_text(roster_of(tenant).csv())
    environment = {f"FRESHSALES_IDP_{name.upper()}": value for name, value in company.okta_config.items()}
    environment |= {"FRESHSALES_IDP_WAREHOUSE": str(okta), "FRESHSALES_ROSTER_FILE": str(file)}
    # Twice into DuckDB: a file that has not changed is read again, and nobody is doubled.
    jobs = (
        ["okta", "roster", "roster"]
        if isinstance(warehouse, DuckDB)
        else ["okta-postgres", "roster-postgres"]
    )
    finished = meltano("run", *jobs, **environment, **warehouse.environment)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr.count(f"Processed {len(roster_of(tenant).rows)} rows") == len(jobs) - 1
    landing = Path(warehouse.location)
    found = {tuple(cell or "" for cell in row) for row in query(warehouse, landing, ROSTER)}
    assert found == {tuple(row.values()) for row in csv.DictReader(file.read_text().splitlines())}
    assert any(row[0].startswith("00") for row in found)
    counted = dict(query(warehouse, okta, RECEIPTS))
    assert counted.keys() == {"app_users", "log_events", "users"}
    assert counted["users"] == len(tenant.users)
    assert counted["app_users"] == len(tenant.assigned(FRESHWORKS_APP))


def test_a_roster_with_a_mistake_is_not_loaded(meltano: Meltano, tmp_path: Path) -> None:
    file, landing = tmp_path / "roster.csv", tmp_path / "landing.duckdb"
    file.write_text(",".join(HEADER) + "\n,robin@acme.example,Robin,,,,\n")
    finished = meltano("run", "roster", FRESHSALES_ROSTER_FILE=str(file), TARGET_DUCKDB_FILEPATH=str(landing))
    assert finished.returncode == 1
    assert "Line 2 has no employee_number" in finished.stderr
    assert not landing.exists()
