"""Who was who when, and what was told of them: seats handed on, accounts made anew, reads that come late."""

from collections import Counter
from itertools import product
from typing import Any

import pytest

from tests.marts.conftest import Marts
from tests.marts.raw import finished_at, sync_id
from tests.marts.scenarios import BUILDS
from tests.marts.scenarios_of_ids import CHANGES, FATES, NEXT, seat_account

Event = tuple[str, str, str | None, str | None]
HEADS = ("day", "status", "department", "crm_role", "head_count")


def events(marts: Marts, account: str, day: int | None = None, build: int = BUILDS) -> Counter[Event]:
    """Who, what, from what, to what; of one read, or of all."""
    names = {row["identity_key"]: row["display_name"] for row in marts.rows("identities", account, build)}
    return Counter(
        (names[row["identity_key"]], row["event_type"], row["old_value"], row["new_value"])
        for row in marts.rows("identity_changes", account, build)
        if day is None or row["seen_sync_id"] == sync_id(account, day)
    )


def identity(marts: Marts, account: str, build: int = BUILDS, **columns: object) -> dict[str, Any]:
    [row] = [
        row
        for row in marts.rows("identities", account, build)
        if all(row[name] == value for name, value in columns.items())
    ]
    return row


def heads(marts: Marts, account: str, build: int = BUILDS) -> set[tuple[Any, ...]]:
    return {tuple(row[name] for name in HEADS) for row in marts.rows("directory_daily", account, build)}


@pytest.mark.parametrize(("fate", "heir"), list(product(FATES, NEXT)))
def test_a_seat_handed_on_is_another_person(fate: str, heir: str, marts: Marts) -> None:
    account = seat_account(fate, "name and address", heir)
    ann = identity(marts, account, 1, crm_owner_id=7)
    then = identity(marts, account, 2, identity_key=ann["identity_key"])
    assert (then["display_name"], then["crm_owner_id"], then["crm_status"]) == ("Ann", None, "removed")
    assert (
        then["status"]
        == {
            "deleted": "removed",
            "deactivated": "deactivated",
            "never there": "removed",
            "stays": "not_an_owner",
        }[fate]
    )
    ben = identity(marts, account, 2, crm_owner_id=7)
    assert (ben["display_name"], ben["scim_user_id"], ben["status"]) == ("Ben", "ben", "active")
    if heir == "known":
        assert identity(marts, account, 1, scim_user_id="ben")["identity_key"] == ben["identity_key"]


@pytest.mark.parametrize(("fate", "heir"), list(product(FATES, NEXT)))
def test_the_departure_and_arrival_behind_a_seat_are_told(fate: str, heir: str, marts: Marts) -> None:
    account = seat_account(fate, "name and address", heir)
    before = "unmanaged" if fate == "never there" else "active"
    departure = {
        "deleted": [("Ann", "removed", before, "removed")],
        "deactivated": [("Ann", "deactivated", before, "deactivated")],
        "never there": [("Ann", "removed", before, "removed")],
        "stays": [],
    }[fate]
    arrival = [("Ben", "joined", None, "active")] if heir == "new" else []
    assert events(marts, account, 2) == Counter([*departure, *arrival])
    assert {head for head in heads(marts, account) if head[0].day == 1} == heads(marts, account, 1)


@pytest.mark.parametrize("heir", NEXT)
def test_a_seat_is_handed_on_more_than_once(heir: str, marts: Marts) -> None:
    account = seat_account("deleted", "name and address", heir)
    people = {row["display_name"]: row for row in marts.rows("identities", account)}
    assert {name: (row["crm_owner_id"], row["status"]) for name, row in people.items()} == {
        "Ann": (None, "removed"),
        "Ben": (None, "not_an_owner"),
        "Cleo": (7, "active"),
    }
    assert events(marts, account, 3) == Counter([("Cleo", "joined", None, "active")])
    assert not events(marts, account, 4)


@pytest.mark.parametrize(("fate", "change", "heir"), list(product(FATES, CHANGES[1:], NEXT)))
def test_a_changed_name_or_address_alone_hands_nothing_on(
    fate: str, change: str, heir: str, marts: Marts
) -> None:
    account = seat_account(fate, change, heir)
    assert not [
        row
        for row in marts.rows("identities", account)
        if row["crm_owner_id"] is None and row["crm_status"] is not None
    ]
    if change == "name":
        seat = identity(marts, account, 1, crm_owner_id=7)
        assert identity(marts, account, crm_owner_id=7)["identity_key"] == seat["identity_key"]


@pytest.mark.parametrize("fate", ["deactivated", "stays"])
def test_an_id_found_to_be_anothers_is_told_as_a_correction(fate: str, marts: Marts) -> None:
    account = seat_account(fate, "address", "new")
    told = events(marts, account, 2)
    assert told["Ben", "repaired", "Ann", "Ben"] == 1
    assert {event_type for _, event_type, *_ in told} <= {"repaired", "joined", "deactivated"}
    [row] = [row for row in marts.rows("identity_changes", account) if row["event_type"] == "repaired"]
    assert row["subject_id"] == "7"


def test_two_people_who_turn_out_to_be_one_are_told_as_a_correction(marts: Marts) -> None:
    rows = [row for row in marts.rows("identity_changes", "keys") if row["event_type"] == "repaired"]
    meet = identity(marts, "keys", scim_user_id="meet")["identity_key"]
    assert [(row["old_value"], row["new_value"]) for row in rows if row["identity_key"] == meet] in (
        [("Meet", "Meet")],
        [("Owner 5", "Meet")],
    )
    assert sum(row["head_count"] for row in marts.rows("directory_daily", "keys") if row["day"].day == 1) == 6


def test_an_account_made_anew_has_neither_left_its_groups_nor_its_reports(marts: Marts) -> None:
    assert not events(marts, "anew_at_once")
    assert not events(marts, "anew_side_by_side")
    assert len(marts.rows("identities", "anew_at_once")) == 4


def test_an_account_made_anew_under_another_name_is_a_person_renamed(marts: Marts) -> None:
    assert events(marts, "anew_renamed") == Counter([("Boss Newname", "renamed", "Boss", "Boss Newname")])
    assert len(marts.rows("identities", "anew_renamed")) == 4


def test_of_an_account_made_anew_only_other_groups_are_told(marts: Marts) -> None:
    assert events(marts, "anew_regrouped") == Counter(
        [("Boss", "group_left", "Sales group", None), ("Boss", "group_joined", None, "Board group")]
    )


def test_whoever_was_gone_for_a_read_has_left_and_joined_again(marts: Marts) -> None:
    assert events(marts, "anew_later", 2) == Counter(
        [
            ("Boss", "removed", "active", "removed"),
            ("Boss", "group_left", "Sales group", None),
            ("Boss", "group_left", "All group", None),
        ]
    )
    assert events(marts, "anew_later", 3) == Counter(
        [
            ("Boss", "joined", "removed", "active"),
            ("Boss", "group_joined", None, "Sales group"),
            ("Boss", "group_joined", None, "All group"),
        ]
    )


@pytest.mark.parametrize(("day", "old", "new"), [(2, " I", " I"), (4, " II", " III")])
def test_events_keep_the_names_of_their_time(day: int, old: str, new: str, marts: Marts) -> None:
    before, after = ("1", "2") if day == 2 else ("2", "3")
    assert events(marts, "words", day) - Counter(
        {event: 1 for event in events(marts, "words") if event[1] == "renamed"}
    ) == Counter(
        [
            ("Mover", "manager_changed", f"m{before}{old}", f"m{after}{new}"),
            ("Mover", "role_changed", f"Role {before}{old}", f"Role {after}{new}"),
            ("Mover", "group_left", f"g{before}{old}", None),
            ("Mover", "group_joined", None, f"g{after}{new}"),
        ]
    )


def test_a_role_keeps_its_name_in_the_head_counts_of_its_time(marts: Marts) -> None:
    assert {(row["day"].day, row["crm_role"]) for row in marts.rows("directory_daily", "words")} == {
        *((day, "(none)") for day in range(1, 6)),
        (1, "Role 1 I"),
        (2, "Role 2 I"),
        (3, "Role 2 II"),
        (4, "Role 3 III"),
        (5, "Role 3 IV"),
    }


@pytest.mark.parametrize(
    ("account", "known", "met"), [("scim_down", "unmanaged", "crm"), ("crm_down", "not_an_owner", "scim")]
)
def test_who_is_new_on_one_side_is_not_absent_on_one_that_was_down(
    account: str, known: str, met: str, marts: Marts
) -> None:
    names = {"crm": ("Owner 2", "Owner 3"), "scim": ("Both", "Alone")}[met]
    other = {"crm": "scim_is_known", "scim": "crm_is_known"}[met]
    for name in names:
        row = identity(marts, account, 2, display_name=name)
        assert (row["status"], row[other]) == ("active", False)
    assert events(marts, account, 2, build=2) == Counter((name, "joined", None, "active") for name in names)
    # The next complete read shows who is there on both sides and who is not, and that is no event.
    assert identity(marts, account, 3, crm_owner_id=2)["status"] == "active"
    alone = identity(marts, account, 3, display_name=names[1])
    assert (alone["status"], alone[other]) == (known, True)
    assert not events(marts, account, 3)
    assert {(head[0].day, head[-1]) for head in heads(marts, account) if head[1] == known} == {(3, 1)}


def test_a_read_proven_late_tells_of_whom_it_alone_has_met(marts: Marts) -> None:
    assert not marts.rows("identity_changes", "late_proof", 3)
    assert identity(marts, "late_proof", 3, scim_user_id="visitor")["known_since_sync_id"] is None
    [joined, removed] = sorted(
        marts.rows("identity_changes", "late_proof", 4), key=lambda row: str(row["seen_sync_id"])
    )
    spans = [(row["event_type"], row["after_sync_id"], row["seen_sync_id"]) for row in (joined, removed)]
    days = [sync_id("late_proof", day) for day in (1, 2, 3)]
    assert spans == [("joined", days[0], days[1]), ("removed", days[1], days[2])]
    assert marts.rows("identity_changes", "late_proof") == marts.rows("identity_changes", "late_proof", 4)


def test_a_read_proven_before_the_next_one_is_told_as_any_other(marts: Marts) -> None:
    # The CRM was read completely in the same run, and told before.
    assert not events(marts, "late_last", build=3)
    assert events(marts, "late_last") == Counter([("Kept", "removed", "inactive_in_crm", "removed")])
    [row] = marts.rows("identity_changes", "late_last")
    assert (row["after_sync_id"], row["seen_sync_id"]) == (
        sync_id("late_last", 1),
        sync_id("late_last", 2),
    )


def test_a_run_that_died_is_remembered_when_its_rows_are_overwritten(marts: Marts) -> None:
    for build in (2, 3, 5):
        [row] = [
            row
            for row in marts.rows("data_quality", "killed", build)
            if row["sync_id"] == sync_id("killed", 2)
        ]
        assert (row["has_receipt"], row["is_complete"], row["incomplete_reason"]) == (
            False,
            False,
            "no receipt",
        )
        assert (row["rows_in_warehouse"], row["is_latest_run"]) == ((1, True) if build == 2 else (0, False))
    assert not marts.rows("identity_changes", "killed")


def test_each_event_has_the_time_of_the_read_that_showed_it(marts: Marts) -> None:
    rows = marts.builds[-1]["identity_changes"]
    assert {row["stream"] for row in rows} == {"owners", "scim_users", "scim_group_members"}
    for row in rows:
        if row["event_type"] != "repaired":
            assert row["first_seen_at"] == finished_at(row["stream"], int(row["seen_sync_id"][6:8])), row


def test_what_was_told_stays_told(marts: Marts) -> None:
    told = ("event_type", "old_value", "new_value", "subject_id", "first_seen_at", "after_sync_id", "stream")
    for build in range(1, BUILDS):
        before, after = (
            {
                (row["account"], row["change_key"]): tuple(row[name] for name in told)
                for row in marts.builds[number - 1]["identity_changes"]
            }
            for number in (build, build + 1)
        )
        assert before.items() <= after.items()
    drifted = Counter(
        row["event_type"]
        for row in marts.builds[-1]["identity_changes"]
        if row["account"].startswith("drifting")
    )
    assert drifted["repaired"] > 10, "nobody was paired anew: a duller company proves less"


def test_head_counts_of_past_days_stay_as_they_were_seen(marts: Marts) -> None:
    days = Counter[str]()
    for build in range(1, BUILDS):
        last_days: dict[str, Any] = {}
        for row in marts.builds[build - 1]["directory_daily"]:
            last_days[row["account"]] = max(last_days.get(row["account"], row["day"]), row["day"])
        for account, last_day in last_days.items():
            past = {head for head in heads(marts, account, build) if head[0] < last_day}
            assert past == {head for head in heads(marts, account, build + 1) if head[0] < last_day}, account
            days[account] += len(past)
    assert sum(count for account, count in days.items() if account.startswith("drifting")) > 100


def test_the_last_head_count_is_of_all_whom_a_complete_read_has_met(marts: Marts) -> None:
    """What `identities` has besides are people whom only an incomplete run has met."""
    for build in range(1, BUILDS + 1):
        accounts = {row["account"] for row in marts.builds[build - 1]["identities"]}
        for account in accounts:
            met = [
                row
                for row in marts.rows("identities", account, build)
                if row["known_since_sync_id"] is not None
            ]
            daily = marts.rows("directory_daily", account, build)
            last_day = max((row["day"] for row in daily), default=None)
            assert sum(row["head_count"] for row in daily if row["day"] == last_day) == len(met), account
    [phantom] = [row for row in marts.rows("identities", "history") if row["display_name"] == "Phantom"]
    assert phantom["known_since_sync_id"] is None
