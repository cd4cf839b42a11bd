"""What a job read that failed after its load is kept, though the next load overwrites its rows."""

from pathlib import Path

from tests.marts.dbt import built
from tests.marts.engines import Engine
from tests.marts.people import user
from tests.marts.raw import Raw, sync_id
from tests.marts.review import review

NOTHING = "nothing to capture"


def captured(engine: Engine, work: Path) -> str:
    """Run the step at the head of the job, and return what it printed."""
    finished = review("capture", engine, work)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def build(engine: Engine, work: Path) -> None:
    built("run", "--quiet", "--select", "+identity_changes", work=work, environment=engine.environment)


def test_what_a_failed_job_read_is_told_after_the_next_load(engine: Engine, work: Path) -> None:
    raw = Raw()
    assert NOTHING in captured(engine, work), "before the first load"
    raw.load("a", 1, {"scim_users": [user("ann", "a@x", department="A"), user("bob", "b@x")]})
    engine.load(raw)
    # No build followed the first load, and none follows the second one.
    assert f"up to run {sync_id('a', 1)}" in captured(engine, work)
    raw.load(
        "a",
        2,
        {"scim_users": [user("ann", "a@x", department="B"), user("bob", "b@x"), user("cid", "c@x")]},
    )
    engine.load(raw)
    said = captured(engine, work)
    assert f"1 complete reads are not in the history yet, up to run {sync_id('a', 2)}" in said
    assert NOTHING in captured(engine, work), "a second time"

    raw.load("a", 3, {"scim_users": [user("ann", "a@x", department="C"), user("bob", "b@x")]})
    engine.load(raw)
    build(engine, work)
    events = engine.query(
        "select event_type, old_value, new_value, after_sync_id, seen_sync_id "
        "from freshsales_identity.identity_changes"
    )
    told = {
        (row["event_type"], row["old_value"], row["new_value"], row["after_sync_id"], row["seen_sync_id"])
        for row in events
        if row["event_type"] == "department_changed"
    }
    one, two, three = (sync_id("a", day) for day in (1, 2, 3))
    assert told == {
        ("department_changed", "A", "B", one, two),
        ("department_changed", "B", "C", two, three),
    }
    assert {(row["event_type"], row["after_sync_id"], row["seen_sync_id"]) for row in events} >= {
        ("joined", one, two),
        ("removed", two, three),
    }


def test_a_read_that_a_build_passed_over_is_not_due_again(engine: Engine, work: Path) -> None:
    raw = Raw()
    raw.load("a", 1, {"scim_users": [user("ann", "a@x"), user("bob", "b@x")]}, lost={"scim_users": 1})
    engine.load(raw)
    build(engine, work)
    assert NOTHING in captured(engine, work)
