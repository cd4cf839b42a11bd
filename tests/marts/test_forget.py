"""A run that is taken out leaves no trace in what is told afterwards."""

from pathlib import Path

import pytest

from freshsales_review.capture import SELECTION
from tests.marts.dbt import built
from tests.marts.engines import DuckDB, Engine, Row
from tests.marts.people import owner, user
from tests.marts.raw import Raw, sync_id
from tests.marts.review import review

FUTURE = 20
FIRST = {
    "scim_users": [user("ann", "a@x", department="A"), user("bob", "b@x"), user("cid", "c@x")],
    "owners": [owner(1, "a@x"), owner(2, "b@x")],
}
# What the run of the wrong clock saw: a change, a departure and a new hire.
BAD = {
    "scim_users": [user("ann", "a@x", department="Z"), user("cid", "c@x"), user("dan", "d@x")],
    "owners": [owner(1, "a@x")],
}
NEXT = {
    "scim_users": [user("ann", "a@x", department="B"), user("bob", "b@x")],
    "owners": [owner(1, "a@x"), owner(2, "b@x")],
}


def step(engine: Engine, raw: Raw, work: Path) -> None:
    engine.load(raw)
    selected = ("--select", SELECTION, "+identity_changes")
    built("run", "--quiet", *selected, work=work, environment=engine.environment)


def events(engine: Engine) -> list[Row]:
    return engine.query(
        "select event_type, old_value, new_value, after_sync_id, seen_sync_id "
        "from freshsales_identity.identity_changes order by 1, 2, 3, 4, 5"
    )


def rows_of(engine: Engine, run: str) -> dict[str, int]:
    return {
        stream: engine.raw(f"select count(*) as n from freshsales.{stream} where sync_id = '{run}'")[0]["n"]
        for stream in (*BAD, "sync_receipts")
    }


def test_a_run_from_the_future_is_taken_out(engine: Engine, work: Path) -> None:
    bad = sync_id("a", FUTURE)
    raw = Raw()
    raw.load("a", 1, FIRST)
    step(engine, raw, work)
    raw.load("a", FUTURE, BAD)
    step(engine, raw, work)
    assert events(engine), "the bad run told something"

    said = review("forget", engine, work, bad)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Nothing was changed" in said.stdout
    assert "3 rows  freshsales.scim_users" in said.stdout
    assert rows_of(engine, bad) == {"scim_users": 3, "owners": 1, "sync_receipts": 2}

    done = review("forget", engine, work, bad, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows_of(engine, bad) == {"scim_users": 0, "owners": 0, "sync_receipts": 0}
    again = review("forget", engine, work, bad, "--yes")
    assert again.returncode == 1
    assert f"Nothing here is of a run {bad}" in again.stderr

    for stream, table in raw.tables.items():
        raw.tables[stream] = {key: row for key, row in table.items() if row["sync_id"] != bad}
    raw.load("a", 2, NEXT)
    engine.load(raw)
    # With the tests of the marts: what is left has to agree with itself.
    built(
        "build", "--exclude-resource-type", "unit_test", "--quiet", work=work, environment=engine.environment
    )
    one, two = sync_id("a", 1), sync_id("a", 2)
    assert [tuple(row.values()) for row in events(engine)] == [
        ("department_changed", "A", "B", one, two),
        ("removed", "not_an_owner", "removed", one, two),
    ]
    people = engine.query("select display_name, status from freshsales_identity.identities order by 1")
    assert {(row["display_name"], row["status"]) for row in people} >= {("Ann", "active"), ("Bob", "active")}


def test_only_the_loaders_duckdb_writes_its_file(
    empty_duckdb: DuckDB, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, raw = empty_duckdb, Raw()
    raw.load("a", FUTURE, BAD)
    engine.load(raw)
    before = engine.landing.read_bytes()
    elsewhere = tmp_path / "no-meltano"
    elsewhere.mkdir()
    monkeypatch.setattr("tests.marts.review.linked", lambda _: elsewhere)
    finished = review("forget", engine, work, sync_id("a", FUTURE), "--yes")
    assert finished.returncode == 1
    assert "Only the DuckDB of the loader may write" in finished.stderr
    assert engine.landing.read_bytes() == before
