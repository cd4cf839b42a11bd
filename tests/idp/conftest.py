"""What the tests of the identity provider share: settings for a sandbox, and warehouses."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from dlt.sources.helpers.rest_client.client import RESTClient

from freshsales_idp.reading import client_for
from freshsales_idp.settings import PREFIX, Settings
from freshsales_sandbox.app import Sandbox
from tests.marts.engines import DuckDB, Engine, PostgreSQL


def environment_of(sandbox: Sandbox, **other: str) -> dict[str, str]:
    config = sandbox.okta_config | other
    return {f"{PREFIX}{name.upper()}": value for name, value in config.items()}


def settings_of(sandbox: Sandbox, warehouse: str = "unused.duckdb", **other: str) -> Settings:
    return Settings.of(environment_of(sandbox, **other), warehouse)


@pytest.fixture(scope="session")
def new_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Engine]:
    """Make an empty warehouse of the named kind."""

    def make(kind: str) -> Engine:
        if kind == "duckdb":
            return DuckDB(tmp_path_factory.mktemp("okta") / "okta.duckdb")
        server: str = request.getfixturevalue("postgresql")
        name = f"okta_{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        return PostgreSQL(server.replace("/postgres?", f"/{name}?"))

    return make


def location_of(engine: Engine) -> str:
    return engine.url if isinstance(engine, PostgreSQL) else str(engine.path)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=40, seed=7, okta_quota=None) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RESTClient]:
    made = client_for(settings_of(sandbox))
    yield made
    made.session.close()


@pytest.fixture
def roster_file(tmp_path: Path) -> Path:
    return tmp_path / "roster.csv"
