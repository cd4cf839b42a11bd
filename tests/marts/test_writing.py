"""Histories that were written twice, by two builds at once, or by a build that knew fewer columns."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg

from freshsales_review.capture import SELECTION
from tests.marts.dbt import built
from tests.marts.engines import DuckDB, Engine, PostgreSQL
from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw, sync_id

HISTORIES = (
    *("owner_history", "scim_user_history", "group_history", "membership_history", "run_history"),
    *("identity_keys", "identity_history", "identity_groups"),
)


def company(raw: Raw) -> Iterator[None]:
    """Read three times: people join, move and leave; a run has died."""
    streams = {"roles": [role(1, "Seller"), role(2, "Boss")], "scim_groups": [group("all")]}
    users = [user("ann", "ann@x", department="A"), user("ben", "ben@x")]
    owners = [owner(1, "ann@x", role_id=1)]
    raw.load(
        "a",
        1,
        {**streams, "owners": owners, "scim_users": users, "scim_group_members": members("all", "ann")},
    )
    raw.load("a", 2, {"territories": [{"id": 9, "name": "North"}]}, receipts=False)
    yield
    users = [user("ann", "ann@x", department="B"), user("cleo", "cleo@x", manager_id="ann")]
    owners = [owner(1, "ann@x", role_id=2)]
    raw.load(
        "a",
        3,
        {**streams, "owners": owners, "scim_users": users, "scim_group_members": members("all", "cleo")},
    )
    yield
    raw.load("a", 4, {**streams, "owners": [], "scim_users": users[:1], "scim_group_members": []})
    yield


def build(engine: Engine, work: Path) -> Counter[tuple[str | None, ...]]:
    """Build the histories and what is asked for, and return the events."""
    asked = ("--select", SELECTION, "+identity_changes", "+directory_daily")
    built("run", "--quiet", *asked, work=work, environment=engine.environment)
    columns = ("change_key", "event_type", "old_value", "new_value")
    rows = engine.query("select * from freshsales_identity.identity_changes")
    return Counter(tuple(row[name] for name in columns) for row in rows)


def heads(engine: Engine) -> dict[date, int]:
    sql = "select day, sum(head_count) as people from freshsales_identity.directory_daily group by day"
    return {row["day"]: int(row["people"]) for row in engine.query(sql)}


def test_a_build_mends_a_history_that_was_written_twice(engine: Engine, work: Path) -> None:
    raw = Raw()
    steps = company(raw)
    for _ in range(2):
        next(steps)
        engine.load(raw)
        told = build(engine, work)
    counted = heads(engine)
    tables = {name: f"freshsales_history.int_freshsales__{name}" for name in HISTORIES}
    once = {table: engine.query(f"select * from {table}") for table in tables.values()}
    assert all(once.values())
    for table in tables.values():
        engine.change(f"insert into {table} select * from {table}")
    next(steps)
    engine.load(raw)
    later = build(engine, work)
    assert told < later
    assert set(later.values()) == {1}
    assert heads(engine).items() >= counted.items()
    for table, rows in once.items():
        now = Counter(map(repr, engine.query(f"select * from {table}")))
        assert set(now.values()) == {1}, table
        if "identity_keys" not in table:
            assert set(map(repr, rows)) <= now.keys(), table


def test_a_build_waits_for_the_one_that_writes_the_same_history(
    empty_postgresql: PostgreSQL, tmp_path: Path, work: Path
) -> None:
    """The first build has written and not committed yet, as the second one begins."""
    engine, raw = empty_postgresql, Raw()
    steps = company(raw)
    next(steps)
    engine.load(raw)
    build(engine, work)
    next(steps)
    engine.load(raw)
    table = "freshsales_history.int_freshsales__owner_history"
    with psycopg.connect(engine.url, autocommit=True) as watcher, psycopg.connect(engine.url) as first:
        first.execute(
            f"""insert into {table} (account, sync_id, observation)
            select 'a', max(sync_id), 'read' from freshsales.owners""".encode()
        )
        second = threading.Thread(target=build, args=(engine, tmp_path))
        second.start()
        waiting = f"select count(*) from pg_locks where relation = '{table}'::regclass and not granted"
        while second.is_alive() and watcher.execute(waiting.encode()).fetchone() == (0,):
            pass
        assert second.is_alive(), "it did not wait"
        first.commit()
        second.join()
    assert engine.query(f"select count(*) as n from {table} where observation = 'read'") == [{"n": 2}]


def test_a_history_from_before_the_words_were_kept_goes_on(engine: Engine, work: Path) -> None:
    raw = Raw()
    steps = company(raw)
    next(steps)
    engine.load(raw)
    build(engine, work)
    for name, columns in {
        "owner_history": ("roles", "role_names"),
        "identity_keys": ("matched_name", "matched_email"),
    }.items():
        for column in columns:
            engine.change(f"alter table freshsales_history.int_freshsales__{name} drop column {column}")
    for name in ("group_history", "run_history", "identity_history", "identity_groups"):
        engine.change(f"drop table freshsales_history.int_freshsales__{name} cascade")
    next(steps)
    engine.load(raw)
    build(engine, work)
    assert {
        (row["event_type"], row["old_value"], row["new_value"])
        for row in engine.query("select * from freshsales_identity.identity_changes")
    } == {
        ("department_changed", "A", "B"),
        ("role_changed", "Seller", "Boss"),
        ("removed", "not_an_owner", "removed"),
        ("joined", None, "not_an_owner"),
        ("group_left", "All group", None),
        ("group_joined", None, "All group"),
    }


def test_a_build_amid_another_one_loses_nothing(empty_duckdb: DuckDB, work: Path) -> None:
    """The receipts are those of the last load, the rows still those of the load before."""
    engine, raw = empty_duckdb, Raw()
    ann, ben, cleo = (user(name, f"{name}@x") for name in ("ann", "ben", "cleo"))
    raw.load("a", 1, {"scim_users": [ann, ben]})
    engine.load(raw)
    build(engine, work)
    raw.load("a", 2, {"scim_users": [ann, cleo]})
    engine.load(raw)
    models = ["stg_freshsales__sync_receipts", "base_freshsales__*", "int_freshsales__scim_user_history"]
    built("run", "--quiet", "--select", *models, work=work, environment=engine.environment)
    told = f"""select scim_user_id, observation
        from freshsales_history.int_freshsales__scim_user_history
        where sync_id = '{sync_id("a", 2)}' and observation <> 'read' order by 1"""
    assert engine.query(told) == []
    build(engine, work)
    assert [tuple(row.values()) for row in engine.query(told)] == [("ben", "gone"), ("cleo", "present")]
