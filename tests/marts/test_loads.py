from typing import Any

from tests.marts.conftest import Marts
from tests.marts.raw import sync_id


def quality(marts: Marts, account: str, stream: str, day: int, build: int = 5) -> dict[str, Any]:
    [row] = [
        row
        for row in marts.rows("data_quality", account, build)
        if (row["stream"], row["sync_id"]) == (stream, sync_id(account, day))
    ]
    return row


def statuses(marts: Marts, account: str, build: int = 5) -> dict[str, str]:
    return {row["display_name"]: row["status"] for row in marts.rows("identities", account, build)}


def test_an_empty_directory_builds_and_whoever_comes_next_has_joined(marts: Marts) -> None:
    assert not marts.rows("identities", "empty", build=1)
    assert quality(marts, "empty", "scim_users", 1, build=1)["population_matches"] is True
    assert [(row["event_type"], row["new_value"]) for row in marts.rows("identity_changes", "empty")] == [
        ("joined", "not_an_owner")
    ]


def test_one_person_alone_builds(marts: Marts) -> None:
    assert statuses(marts, "one_person") == {"Ann": "active"}


def test_a_load_that_stopped_half_way_makes_nobody_gone_and_is_told(marts: Marts) -> None:
    assert "removed" not in statuses(marts, "half_loaded").values()
    assert not marts.rows("identity_changes", "half_loaded")
    row = quality(marts, "half_loaded", "scim_users", 2)
    assert (row["has_receipt"], row["is_complete"], row["incomplete_reason"]) == (False, False, "no receipt")
    assert (row["is_latest_run"], row["rows_in_warehouse"], row["last_complete_sync_id"]) == (
        True,
        1,
        sync_id("half_loaded", 1),
    )


def test_a_row_that_the_loader_lost_makes_nobody_gone_and_is_told(marts: Marts) -> None:
    assert statuses(marts, "lossy", build=2) == {"Ann": "active", "Bob": "active"}
    row = quality(marts, "lossy", "scim_users", 2, build=2)
    assert (row["is_complete"], row["population_matches"], row["has_arrived"]) == (True, False, False)
    assert (row["rows_read"], row["rows_in_warehouse"]) == (2, 1)
    assert quality(marts, "lossy", "scim_users", 3)["population_matches"] is True
    assert not marts.rows("identity_changes", "lossy")


def test_whom_a_stream_map_leaves_out_is_not_gone(marts: Marts) -> None:
    assert statuses(marts, "filtered") == {"Ann": "active", "Bob": "active"}
    assert not marts.rows("identity_changes", "filtered")
    row = quality(marts, "filtered", "scim_users", 2)
    assert (row["rows_read"], row["rows_sent"], row["rows_in_warehouse"]) == (2, 1, 1)
    assert (row["is_complete"], row["population_matches"], row["has_arrived"]) == (False, True, True)


def test_a_row_that_was_sent_and_lost_is_told_beside_a_filter(marts: Marts) -> None:
    row = quality(marts, "filtered_and_lossy", "scim_users", 2, build=2)
    assert (row["rows_sent"], row["rows_in_warehouse"]) == (1, 0)
    assert (row["population_matches"], row["has_arrived"]) == (False, False)


def test_two_accounts_with_the_same_ids_stay_apart(marts: Marts) -> None:
    assert statuses(marts, "twin_a") == {"Same": "active"}
    assert statuses(marts, "twin_b") == {"Same": "removed"}
    assert [row["event_type"] for row in marts.rows("identity_changes", "twin_b")] == ["removed"]
    assert not marts.rows("identity_changes", "twin_a")
    assert {row["resource_name"] for row in marts.rows("identity_entitlements", "twin_a")} == {
        "Role a",
        "Same group",
    }
    assert {row["resource_name"] for row in marts.rows("identity_entitlements", "twin_b")} == {"Role b"}


def test_receipts_that_arrived_twice_count_once(marts: Marts) -> None:
    assert quality(marts, "repeated", "scim_users", 1)["population_matches"] is True
    assert len(marts.rows("data_quality", "repeated")) == 1


def test_an_incomplete_read_says_why_and_how_old_the_last_complete_one_is(marts: Marts) -> None:
    row = quality(marts, "history", "scim_users", 3)
    assert (row["is_complete"], row["incomplete_reason"]) == (False, "failed: the server answered 500")
    assert (row["last_complete_sync_id"], row["last_complete_at"].day) == (sync_id("history", 4), 4)
    assert isinstance(row["hours_since_last_complete"], int)


def test_the_hash_of_the_latest_run_equals_its_receipt_for_any_keys(marts: Marts) -> None:
    rows = [row for row in marts.rows("data_quality", "odd_keys") if row["is_latest_run"]]
    assert {row["stream"] for row in rows} == {"owners", "scim_users", "scim_group_members"}
    assert all(row["population_sha256"] == row["population_sha256_in_warehouse"] for row in rows)
