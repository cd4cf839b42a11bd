"""A read that all of a sudden misses many makes nobody gone, until another one agrees."""

import pytest

from tests.marts.conftest import Marts
from tests.marts.raw import Loader, sync_id
from tests.marts.scenarios_held_back import PAIRS, STREAMS, Believed, account_of

DAYS = range(1, 6)
each_pair = pytest.mark.parametrize(("case", "loader"), PAIRS)


@each_pair
def test_nobody_is_gone_by_a_read_that_is_held_back(marts: Marts, case: str, loader: Loader) -> None:
    for day in DAYS:
        expected = Believed(case).after(day, loader).gone
        rows = marts.rows("identities", account_of(case, loader), build=day)
        for column, status in (("crm_owner_id", "crm_status"), ("scim_user_id", "scim_status")):
            gone = {str(row[column]).lstrip("u") for row in rows if row[status] == "removed"}
            assert gone == set(map(str, expected)), (day, column)
        assert len(rows) == len({row["identity_key"] for row in rows})


@each_pair
def test_a_decision_stands_in_every_later_build(marts: Marts, case: str, loader: Loader) -> None:
    account = account_of(case, loader)
    days = {sync_id(account, day): day for day in DAYS}
    expected = Believed(case).after(5, loader)
    for build in DAYS:
        rows = [row for row in marts.rows("data_quality", account, build) if row["stream"] in STREAMS]
        assert {row["stream"] for row in rows} == set(STREAMS)
        for row in rows:
            day = days[row["sync_id"]]
            assert row["is_held_back"] is expected.held_back[day], (build, day, row["stream"])
            assert row["rows_missing"] == expected.missing[day], (build, day, row["stream"])


@each_pair
def test_who_left_is_told_by_the_read_that_is_believed(marts: Marts, case: str, loader: Loader) -> None:
    account = account_of(case, loader)
    days = {sync_id(account, day): day for day in DAYS}
    people = {
        row["identity_key"]: int(str(row["scim_user_id"]).lstrip("u"))
        for row in marts.rows("identities", account)
    }
    left = [
        (days[row["seen_sync_id"]], people[row["identity_key"]])
        for row in marts.rows("identity_changes", account)
        if row["event_type"] == "removed"
    ]
    assert sorted(left) == sorted(Believed(case).after(5, loader).left)


@each_pair
def test_nobody_is_said_to_be_in_no_group_by_such_a_read(marts: Marts, case: str, loader: Loader) -> None:
    for day in DAYS:
        believed = Believed(case).after(day, loader)
        if believed.held_back[day]:
            review = marts.rows("access_review", account_of(case, loader), build=day)
            assert not [row for row in review if row["has_no_group"]], day


def test_two_reads_that_agree_count_when_dbt_ran_after_both(marts: Marts) -> None:
    def removed(build: int) -> int:
        rows = marts.rows("identities", "held_late", build)
        return sum(row["status"] == "removed" for row in rows)

    # Day 4 is not complete and brings them back; day 5 misses them, and is the first to do so.
    assert [removed(build) for build in DAYS] == [0, 10, 0, 0, 0]
    held = {row["sync_id"]: row["is_held_back"] for row in marts.rows("data_quality", "held_late")}
    assert [held[sync_id("held_late", day)] for day in DAYS] == [False, True, False, False, True]


def test_a_person_stays_one_when_a_loader_deletes_the_row_of_a_side(marts: Marts) -> None:
    key = {
        row["scim_user_id"]: row["identity_key"] for row in marts.rows("identities", "deleted_rows", build=1)
    }["u0"]
    for build, statuses in (
        (1, ("active", "active")),
        (2, ("active", "removed")),
        (4, ("removed", "removed")),
    ):
        rows = marts.rows("identities", "deleted_rows", build)
        assert len(rows) == 3
        [row] = [row for row in rows if row["identity_key"] == key]
        assert (row["crm_status"], row["scim_status"]) == statuses, build
        [review] = [
            row for row in marts.rows("access_review", "deleted_rows", build) if row["identity_key"] == key
        ]
        assert review["is_orphaned_owner"] is (build == 2)
