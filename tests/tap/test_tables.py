"""The tables: each column has a source, and one read fills all of its tables, also without the Singer SDK."""

import logging
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.errors import Interrupted, StorageError
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.read import Read
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.session import Session
from tap_freshsales_users.settings import SETTINGS
from tap_freshsales_users.tables.feed import by_source, feed
from tap_freshsales_users.tables.rows import Rows
from tap_freshsales_users.tables.tables import ALWAYS_MADE, TABLES, Table
from tests.tap.truth import LISTS, truth_of

DEFAULTS = {name: shape["default"] for name, shape in SETTINGS["properties"].items() if "default" in shape}


class Kept:
    """A sink that keeps the records in a list, and remembers how it was used."""

    def __init__(self, table: Table, rows: Rows) -> None:
        self.table = table
        self.rows = rows
        self.records: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.outcomes: list[Outcome] = []

    def open(self) -> None:
        self.said.append("open")

    def write(self, records: list[dict[str, Any]]) -> None:
        self.records += records

    def close(self, *, is_whole: bool) -> None:
        self.said.append("whole" if is_whole else "broken off")

    def conclude(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, quota=None) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    config = {**DEFAULTS, **sandbox.config, "page_size": 10, "owned_records": "all"}
    session = Session(config, logging.getLogger("tables"))
    yield session
    session.api.stop()


def sinks_of(session: Session) -> list[Kept]:
    return [Kept(table, session.rows(table)) for table in TABLES]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_column_is_read_from_a_path_or_made_by_the_tap(table: Table) -> None:
    columns = load_schema(table.name)["properties"].keys()
    read = table.column_paths().keys()
    # The tap makes the items of owned_records itself, so no attribute is left over.
    always = ALWAYS_MADE - {"additional_attributes"} if table.name == "owned_records" else ALWAYS_MADE
    made = table.made | always
    assert columns == read | made
    assert not table.made & read
    assert set(table.keys) <= columns


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_column_that_the_tap_makes_holds_a_value_somewhere(table: Table, session: Session) -> None:
    [sinks] = [group for group in by_source(sinks_of(session)) if group[0].table.source is table.source]
    feed(session.read(table.source), sinks)
    [records] = [sink.records for sink in sinks if sink.table is table]
    for column in table.made:
        assert any(record[column] is not None for record in records), column


def test_one_read_fills_each_table_with_the_truth(sandbox: Sandbox, session: Session) -> None:
    truth = truth_of(sandbox.directory)
    for sinks in by_source(sinks_of(session)):
        read = session.read(sinks[0].table.source)
        feed(read, sinks)
        assert read.outcome.is_complete
        for sink in sinks:
            assert sink.said == ["open", "whole"]
            if sink.table.name in LISTS:
                keys = [tuple(record[key] for key in sink.table.keys[1:]) for record in sink.records]
                assert set(keys) == truth[sink.table.name]
                assert len(keys) == len(set(keys))


def test_tables_that_share_a_source_share_its_requests(sandbox: Sandbox, session: Session) -> None:
    for sinks in by_source(sinks_of(session)):
        feed(session.read(sinks[0].table.source), sinks)
    asked = [request.path for request in sandbox.requests]
    pages = -(-(len(sandbox.directory.groups) - 1) // 9)
    assert sum(path.endswith("/Groups") for path in asked) == pages


@pytest.mark.parametrize("broken", ["first", "second", "read"])
def test_a_failure_closes_all_tables_of_the_read(
    broken: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    [sinks] = [group for group in by_source(sinks_of(session)) if len(group) > 1]
    read = session.read(sinks[0].table.source)

    def fail(*_arguments: object) -> None:
        raise RuntimeError

    if broken == "read":
        monkeypatch.setattr(Read, "_end", fail)
    else:
        monkeypatch.setattr(sinks[broken == "second"], "write", fail)
    with pytest.raises(RuntimeError):
        feed(read, sinks)
    assert [sink.said for sink in sinks] == [["open", "broken off"]] * 2
    assert not read.outcome.is_complete
    assert read.outcome.request is not None


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (None, None),
        (RuntimeError(), "failed: internal"),
        (StorageError("No room", "Make room."), "failed: storage"),
        (Interrupted(signal.SIGTERM), "failed: SIGTERM"),
        (GeneratorExit(), "failed: stopped"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("step", ["open", "write", "close"])
def test_each_table_is_concluded_once_however_its_read_ends(
    step: str, end: BaseException | None, reason: str | None, session: Session
) -> None:
    [sinks] = [group for group in by_source(sinks_of(session)) if len(group) > 1]

    def fail(*_arguments: object, **_options: object) -> None:
        if end is not None:
            raise end

    setattr(sinks[1], step, fail)
    with nullcontext() if end is None else pytest.raises(type(end)):
        feed(session.read(sinks[0].table.source), sinks)
    [[first], [second]] = [sink.outcomes for sink in sinks]
    assert [first.reason, second.reason] == [reason] * 2
    assert [first.is_complete, second.is_complete] == [end is None] * 2
    assert (second.request, second.api_requests) == (None, 0), "its requests are counted twice"
    assert first.api_requests > 0 or step == "open"


def test_a_read_that_was_not_begun_is_not_complete(session: Session) -> None:
    outcome = session.read(TABLES[0].source).outcome
    assert (outcome.is_complete, outcome.evidence, outcome.population_sha256) == (False, None, None)
