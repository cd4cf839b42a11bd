"""Superset served for real, and a browser in front of it; only `make test-superset` comes here."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from dashboards.superset.home import ROOT
from tools import marts
from tools.chromium import FLAGS, executable
from tools.superset import ENVIRONMENT, Served, served, signed_in
from tools.warehouses import DuckDBFile, Filled, PostgreSQLDatabase

CONFIG = ROOT / "dashboards" / "superset" / "superset_config.py"
PEOPLE = 250
HOSTILE = "</script><img src=x onerror=alert(1)>"


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """A minute and an environment of 900 MB are nothing for every run of the tests: ask for them by name."""
    named = any("superset" in argument for argument in config.args)
    return None if named else True


def command(superset: Served, *arguments: str) -> None:
    """Run Superset's own command, as README.md says it."""
    subprocess.run(
        [str(ENVIRONMENT / "superset"), *arguments],
        cwd=ROOT,
        env={"SUPERSET_HOME": str(superset.home), "SUPERSET_CONFIG_PATH": str(CONFIG)},
        check=True,
        capture_output=True,
        timeout=120,
    )


@pytest.fixture(scope="session")
def duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> DuckDBFile:
    warehouse = DuckDBFile(tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb")
    _fill(warehouse)
    return warehouse


@pytest.fixture(scope="session")
def postgresql_database(postgresql: str) -> PostgreSQLDatabase:
    warehouse = PostgreSQLDatabase(postgresql)
    _fill(warehouse)
    return warehouse


def _fill(warehouse: Filled) -> None:
    """An invented company, one of its people with a hostile name, and one stream that was not read whole."""
    warehouse.execute(
        *marts.create(),
        *marts.company(PEOPLE),
        *marts.reviewed(),
        *marts.providers(),
        "update freshsales_identity.access_review "
        f"set display_name = '{HOSTILE}', risk_score = 99 where email = 'person.5@acme.example'",
        "delete from freshsales_identity.data_quality where is_latest_run and stream = 'roles'",
        marts.quality("roles", reason="failed: the server stopped answering", rows=PEOPLE),
    )


@pytest.fixture(scope="session")
def superset(duckdb_file: DuckDBFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(duckdb_file.location, tmp_path_factory.mktemp("superset")) as found:
        yield found


@pytest.fixture(scope="session")
def context(superset: Served) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        yield signed_in(browser, superset)
        browser.close()


@pytest.fixture(scope="session", params=["duckdb", "postgresql"])
def warehouse(request: pytest.FixtureRequest, superset: Served) -> Filled:
    """The warehouse that the dashboard is on; the second one by Superset's own command."""
    if request.param == "duckdb":
        filled: Filled = request.getfixturevalue("duckdb_file")
        return filled
    filled = request.getfixturevalue("postgresql_database")
    command(
        superset,
        *("set-database-uri", "--database_name", "Freshsales identity"),
        *("--uri", filled.location),
    )
    return filled
