"""Both warehouses, built once for all workers of a test run: a run of dbt takes seconds."""

import fcntl
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest

from tests.marts.dbt import built, target
from tests.marts.engines import CONTRACT, MARTS, DuckDB, Engine, PostgreSQL, Row
from tests.marts.providers import Providers
from tests.marts.questions import questions
from tests.marts.raw import Raw
from tests.marts.reviewing import Story, told
from tests.marts.scenarios import BUILDS, SCENARIOS
from tests.marts.scenarios_held_back import CONFIRMED

T = TypeVar("T")


@dataclass(frozen=True)
class Marts:
    """What the marts held after each build; the first build is 1."""

    builds: list[dict[str, list[Row]]]
    answers: dict[str, list[Row]]
    indexes: dict[str, list[str]]
    """Of each mart in PostgreSQL, the columns of its indexes."""

    def rows(self, mart: str, account: str, build: int = BUILDS) -> list[Row]:
        return [row for row in self.builds[build - 1][mart] if row["account"] == account]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder that all workers of a test run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """Where dbt keeps what it has parsed. For DuckDB, one worker parses for all of them."""
    folder = tmp_path_factory.mktemp("dbt")
    environment = DuckDB(folder / "warehouse.duckdb").environment
    kept = target(folder, environment) / "partial_parse.msgpack"

    def parse() -> bytes:
        built("parse", "--quiet", work=folder, environment=environment)
        return kept.read_bytes()

    parsed = once(shared / "marts-parsed", parse)
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(parsed)
    return folder


@pytest.fixture
def empty_duckdb(work: Path) -> DuckDB:
    """Return a warehouse without files."""
    engine = DuckDB(work / "warehouse.duckdb")
    for file in work.glob("warehouse*.duckdb*"):
        file.unlink()
    return engine


@pytest.fixture
def empty_postgresql(postgresql: str) -> PostgreSQL:
    """Return an empty database. Its name never changes, because dbt parses the project anew for each."""
    return created(postgresql, "warehouse")


def created(server: str, name: str) -> PostgreSQL:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)".encode())
        connection.execute(f"create database {name}".encode())
        connection.execute(f"alter database {name} set timezone to 'Asia/Kathmandu'".encode())
    return PostgreSQL(server.replace("/postgres?", f"/{name}?"))


@pytest.fixture(scope="session")
def providers(shared: Path) -> Providers:
    """Return what both warehouses are to be filled with at one and the same time."""
    return once(shared / "marts-providers", Providers)


@pytest.fixture(scope="session")
def duckdb_marts(shared: Path, work: Path, providers: Providers) -> Marts:
    def make() -> Marts:
        (shared / "marts").mkdir()
        return build_all(DuckDB(shared / "marts/warehouse.duckdb"), work, deepcopy(providers))

    return once(shared / "marts-duckdb", make)


@pytest.fixture(scope="session")
def postgresql_marts(shared: Path, work: Path, providers: Providers, request: pytest.FixtureRequest) -> Marts:
    def make() -> Marts:
        server = request.getfixturevalue("postgresql")
        return build_all(created(server, "warehouse"), work, deepcopy(providers))

    return once(shared / "marts-postgresql", make)


@pytest.fixture(params=["duckdb", "postgresql"])
def marts(request: pytest.FixtureRequest) -> Marts:
    found: Marts = request.getfixturevalue(f"{request.param}_marts")
    return found


@pytest.fixture(params=["duckdb", "postgresql"])
def story(
    request: pytest.FixtureRequest, shared: Path, work: Path, tmp_path_factory: pytest.TempPathFactory
) -> Story:
    """Return what was seen of a company under review, on either warehouse; played once for all workers."""

    def play() -> Story:
        if request.param == "duckdb":
            engine: Engine = DuckDB(shared / "reviewed.duckdb")
        else:
            engine = created(request.getfixturevalue("postgresql"), "reviewed")
        return told(engine, work, tmp_path_factory.mktemp("reviewed"))

    return once(shared / f"story-{request.param}", play)


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return an empty warehouse of the test's own."""
    made: Engine = request.getfixturevalue(f"empty_{request.param}")
    return made


def build_all(engine: Engine, work: Path, providers: Providers) -> Marts:
    raw = Raw(providers)
    scenarios = [scenario(raw) for scenario in SCENARIOS]
    builds = []
    for number in range(1, BUILDS + 1):
        for scenario in scenarios:
            next(scenario)
        engine.load(raw)
        raw.providers.load(engine)
        # The last build runs every test, those of the project and those of its units.
        command = ("build",) if number == BUILDS else ("run",)
        confirmed = {"FRESHSALES_CONFIRMED_SYNC_IDS": CONFIRMED}
        environment = engine.environment | confirmed | raw.providers.environment
        built(*command, "--quiet", work=work, environment=environment)
        places = dict.fromkeys(MARTS, "identity") | dict.fromkeys(CONTRACT, "staging")
        builds.append(
            {name: engine.query(f"select * from freshsales_{place}.{name}") for name, place in places.items()}
        )
    answers = {question: engine.query(sql) for question, sql in questions().items()}
    return Marts(builds, answers, indexes_of(engine) if isinstance(engine, PostgreSQL) else {})


def indexes_of(engine: PostgreSQL) -> dict[str, list[str]]:
    rows = engine.query(
        "select tables.tablename, array_remove(array_agg(indexes.indexdef), null) as defined "
        "from pg_tables as tables left join pg_indexes as indexes using (schemaname, tablename) "
        "where tables.schemaname = 'freshsales_identity' group by tables.tablename"
    )
    return {row["tablename"]: [text.partition("(")[2].rstrip(")") for text in row["defined"]] for row in rows}


def once(path: Path, make: Callable[[], T]) -> T:
    """Make something in the first worker that asks; the others wait for it."""
    with locked(path.with_suffix(".lock")):
        if not path.exists():
            path.write_bytes(pickle.dumps(make()))
        found: T = pickle.loads(path.read_bytes())
        return found


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
