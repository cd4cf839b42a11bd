from collections.abc import Collection
from datetime import date
from typing import Any

from tests.marts.conftest import Marts
from tests.marts.raw import sync_id

Event = tuple[str, str, str | None, str | None]


def events(marts: Marts, account: str, after: int, seen: int, build: int = 5) -> set[Event]:
    """Who, what, from what, to what: the events between two reads."""
    names = {row["identity_key"]: row["display_name"] for row in marts.rows("identities", account, build)}
    rows = marts.rows("identity_changes", account, build)
    between = (sync_id(account, after), sync_id(account, seen))
    found = [
        (names[row["identity_key"]], row["event_type"], row["old_value"], row["new_value"])
        for row in rows
        if (row["after_sync_id"], row["seen_sync_id"]) == between
    ]
    assert len(found) == len(set(found))
    return set(found)


def reads(marts: Marts, account: str, build: int = 5) -> set[tuple[int, int]]:
    days = {sync_id(account, day): day for day in range(1, 6)}
    rows = marts.rows("identity_changes", account, build)
    return {(days[row["after_sync_id"]], days[row["seen_sync_id"]]) for row in rows}


def test_what_the_first_complete_read_finds_is_no_event(marts: Marts) -> None:
    assert not marts.rows("identity_changes", "history", build=1)
    assert len(marts.rows("identities", "history", build=1)) == 11


def test_every_kind_of_event_is_told_between_the_reads_that_show_it(marts: Marts) -> None:
    assert events(marts, "history", 1, 2) == {
        ("Joiner", "joined", None, "not_an_owner"),
        ("Joiner", "group_joined", None, "Support group"),
        ("Owner 4", "joined", None, "unmanaged"),
        ("Leaver", "removed", "not_an_owner", "removed"),
        ("Returner", "removed", "not_an_owner", "removed"),
        ("Sleeper", "deactivated", "not_an_owner", "deactivated"),
        ("Bride Newname", "renamed", "Bride", "Bride Newname"),
        ("Bride Newname", "email_changed", "maiden@x", "married@x"),
        ("Mover", "department_changed", "Sales", "Support"),
        ("Mover", "manager_changed", "Boss", "Chief"),
        ("Mover", "role_changed", "Sales User", "Sales Manager"),
        ("Mover", "group_left", "Sales group", None),
        ("Mover", "group_joined", None, "Support group"),
    }


def test_a_partial_read_makes_no_event_and_hides_none(marts: Marts) -> None:
    assert events(marts, "history", 1, 2, build=3) == events(marts, "history", 1, 2, build=2)
    assert reads(marts, "history", build=3) == {(1, 2)}
    assert events(marts, "history", 2, 4) == {
        # The partial read had shown this one already, and had seen this other one for the last time.
        ("Hidden", "department_changed", "A", "B"),
        ("Late", "removed", "not_an_owner", "removed"),
        ("Early", "joined", None, "not_an_owner"),
        ("Returner", "joined", "removed", "not_an_owner"),
        ("Sleeper", "reactivated", "deactivated", "not_an_owner"),
        ("Owner 3", "removed", "unmanaged", "removed"),
        ("Owner 4", "deactivated", "unmanaged", "deactivated"),
    }


def test_whom_no_complete_read_ever_met_has_no_events(marts: Marts) -> None:
    [phantom] = named(marts.rows("identities", "history"), "Phantom")
    assert phantom["status"] == "removed"
    assert phantom["identity_key"] not in {
        row["identity_key"] for row in marts.rows("identity_changes", "history")
    }


def test_a_killed_run_shows_in_the_identities_and_makes_no_event(marts: Marts) -> None:
    assert [named(marts.rows("identities", "history", build), "Steady")[0]["status"] for build in (4, 5)] == [
        "active",
        "deactivated",
    ]
    assert reads(marts, "history") == {(1, 2), (2, 4)}
    assert not [
        row for row in marts.rows("identities", "history") if row["status"] == "removed" and is_seen(row, 5)
    ]


def test_a_late_build_tells_only_what_complete_reads_are_known_to_show(marts: Marts) -> None:
    assert events(marts, "late_builds", 1, 2, build=2) == {
        ("Kept", "deactivated", "active", "deactivated"),
        ("Gone", "removed", "active", "removed"),
        ("New", "joined", None, "active"),
        ("Visitor", "joined", None, "active"),
    }
    assert events(marts, "late_builds", 1, 2) == events(marts, "late_builds", 1, 2, build=2)
    assert events(marts, "late_builds", 2, 4) == {("Visitor", "removed", "active", "removed")}
    # A later, partial read had overwritten these before dbt could tell what the second read said of them.
    assert events(marts, "late_builds", 1, 4) == {
        ("Both", "deactivated", "active", "deactivated"),
        ("Touched", "deactivated", "active", "deactivated"),
    }


def test_head_counts_of_a_day_are_those_of_its_last_complete_read(marts: Marts) -> None:
    counts: dict[date, dict[str, int]] = {}
    for row in marts.rows("directory_daily", "history"):
        of_day = counts.setdefault(row["day"], {})
        of_day[row["status"]] = of_day.get(row["status"], 0) + row["head_count"]
    second = {"active": 2, "not_an_owner": 6, "unmanaged": 2, "deactivated": 1, "removed": 2}
    assert counts == {
        date(2026, 11, 1): {"active": 2, "not_an_owner": 8, "unmanaged": 1},
        date(2026, 11, 2): second,
        date(2026, 11, 3): second,
        date(2026, 11, 4): {"active": 2, "not_an_owner": 8, "deactivated": 1, "removed": 3},
    }


def test_head_counts_are_told_apart_by_department_and_role(marts: Marts) -> None:
    rows = [row for row in marts.rows("directory_daily", "history") if row["day"] == date(2026, 11, 2)]
    assert {
        (row["department"], row["crm_role"]): row["head_count"] for row in rows if row["status"] == "active"
    } == {("Sales", "Sales User"): 1, ("Support", "Sales Manager"): 1}


def named(rows: Collection[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["display_name"] == name]


def is_seen(row: dict[str, Any], day: int) -> bool:
    return bool(row["last_seen_sync_id"] == sync_id(row["account"], day))
