"""A warehouse from before the loader had a file of its own: its raw rows move, and nothing is lost."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.marts.dbt import built, dbt
from tests.marts.engines import DuckDB, Row
from tests.marts.people import owner, user
from tests.marts.raw import Raw, column_types
from tests.marts.review import review
from tests.pipeline.commands import REVIEW, load, start

# The two marts that are looked at.
ASKED = ("--quiet", "--select", "+identities", "+identity_changes")
IDENTITIES = "select display_name, status from freshsales_identity.identities order by 1"
EVENTS = """
select event_type, after_sync_id, seen_sync_id from freshsales_identity.identity_changes order by 1, 2, 3
"""


def two_days() -> Raw:
    """Bob and an owner leave; there are nested values, a big id and text that needs care."""
    raw = Raw()
    ann = user("ann", "a@x", emails=[{"value": "a@x"}], additional_attributes={"it's": 'a "b"\n\u20ac'})
    raw.load(
        "a", 1, {"scim_users": [ann, user("bob", "b@x")], "owners": [owner(70_000_000_000_000_001, "a@x")]}
    )
    raw.load("a", 2, {"scim_users": [ann], "owners": []})
    return raw


def rows(path: Path, stream: str) -> list[Row]:
    names = ", ".join(sorted(column_types(stream)))
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(f"select {names} from freshsales.{stream} order by all").fetchall()
    return [dict(zip(sorted(column_types(stream)), map(parsed, row), strict=True)) for row in found]


def parsed(value: Any) -> Any:
    """JSON by what it says: spaces and escapes are the loader's own."""
    return json.loads(value) if isinstance(value, str) and value[:1] in {"[", "{"} else value


@pytest.fixture
def old(empty_duckdb: DuckDB, work: Path) -> DuckDB:
    """Raw tables and marts in one file, as an earlier version left them."""
    engine, raw = empty_duckdb, two_days()
    engine.load(raw)
    built("run", *ASKED, work=work, environment=engine.environment)
    raw.to_duckdb(engine.path)
    engine.landing.unlink()
    return engine


def test_raw_rows_and_receipts_move_to_a_file_of_the_loaders_own(
    old: DuckDB, tmp_path: Path, work: Path
) -> None:
    identities, events = old.query(IDENTITIES), old.query(EVENTS)
    moved = start([REVIEW, "raw", old.path])
    assert moved.returncode == 0, moved.stderr
    loaded = load("target-duckdb", moved.stdout, str(old.landing), tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    for stream in ("scim_users", "owners", "sync_receipts"):
        assert rows(old.landing, stream) == rows(old.path, stream), stream
    built("run", *ASKED, work=work, environment=old.environment)
    assert old.query(IDENTITIES) == identities
    assert old.query(EVENTS) == events
    assert {row["status"] for row in identities} == {"not_an_owner", "removed"}


def test_a_new_file_without_the_old_rows_stops_the_build(old: DuckDB, work: Path) -> None:
    raw = Raw()
    raw.load("a", 3, {"scim_users": [user("ann", "a@x")], "owners": []})
    old.load(raw)
    before = old.query(IDENTITIES)
    finished = dbt("run", work=work, environment=old.environment)
    assert finished.returncode == 1
    assert "the raw tables are not those that the history was made of" in " ".join(finished.stdout.split())
    assert old.query(IDENTITIES) == before


def test_one_file_for_both_is_refused_before_anything_is_written(old: DuckDB, work: Path) -> None:
    content = old.path.read_bytes()
    one = DuckDB(old.path)
    finished = review("capture", one, work, TARGET_DUCKDB_FILEPATH=str(old.path))
    assert finished.returncode == 1
    assert "the loader could not open it any more" in finished.stderr
    assert old.path.read_bytes() == content
