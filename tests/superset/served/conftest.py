"""Superset served for real, and a browser in front of it; only `make test-superset` comes here."""

import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from dashboards.superset.home import ROOT
from tests.superset.served.dashboard import PATIENCE_MS
from tools import marts
from tools.chromium import FLAGS, executable
from tools.warehouses import DuckDBFile, Filled, PostgreSQLDatabase

HERE = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv-superset" / "bin"
CONFIG = ROOT / "dashboards" / "superset" / "superset_config.py"
PEOPLE = 250
HOSTILE = "</script><img src=x onerror=alert(1)>"


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """A minute and an environment of 900 MB are nothing for every run of the tests: ask for them by name."""
    named = any("superset" in argument for argument in config.args)
    return None if named else True


@dataclass(frozen=True)
class Served:
    home: Path
    address: str
    username: str
    password: str

    def superset(self, *arguments: str) -> None:
        """Run Superset's own command, as README.md says it."""
        subprocess.run(
            [str(ENVIRONMENT / "superset"), *arguments],
            cwd=ROOT,
            env={"SUPERSET_HOME": str(self.home), "SUPERSET_CONFIG_PATH": str(CONFIG)},
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
def served(duckdb_file: DuckDBFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("superset")
    command = [
        *(str(ENVIRONMENT / "python"), "-m", "dashboards.superset", "serve"),
        *("--warehouse", duckdb_file.location, "--home", str(home), "--port", "0"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            # It ends where the login is printed, or, if it fails, where the process does.
            said = "".join(iter(process.stdout.readline, "Ctrl-C ends it.\n"))
            found = re.search(r"Dashboard +(http://127\.0\.0\.1:\d+)/\S+\nLogin +(\S+) / (\S+)\n", said)
            assert found is not None, said
            yield Served(home, *found.groups())
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0


@pytest.fixture(scope="session")
def signed_in(served: Served) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        context = browser.new_context(viewport={"width": 1280, "height": 3000}, base_url=served.address)
        page = context.new_page()
        # The form is drawn more than once while the page loads, and forgets what was filled in before.
        page.goto("/login/", wait_until="networkidle", timeout=PATIENCE_MS)
        page.locator("#username").fill(served.username)
        page.locator("#password").fill(served.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile("/superset/welcome/"), wait_until="commit", timeout=PATIENCE_MS)
        page.close()
        yield context
        browser.close()


@pytest.fixture(scope="session", params=["duckdb", "postgresql"])
def warehouse(request: pytest.FixtureRequest, served: Served) -> Filled:
    """The warehouse that the dashboard is on; the second one by Superset's own command."""
    if request.param == "duckdb":
        filled: Filled = request.getfixturevalue("duckdb_file")
        return filled
    filled = request.getfixturevalue("postgresql_database")
    served.superset(
        *("set-database-uri", "--database_name", "Freshsales identity"), *("--uri", filled.location)
    )
    return filled
