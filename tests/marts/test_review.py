import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from freshsales_review.report.queries import MARTS as SHOWN
from freshsales_review.report.queries import WITHOUT_ACCOUNT
from tests.marts.conftest import Marts
from tests.marts.dbt import ROOT

# What no identity provider is needed for.
FLAGS = (
    "is_orphaned_owner",
    "is_unmanaged",
    "is_admin",
    "shares_email",
    "has_no_manager",
    "manager_is_gone",
    "has_no_group",
    "has_outlier_entitlement",
    "match_is_ambiguous",
)


def review(marts: Marts, account: str, name: str) -> dict[str, Any]:
    [row] = [row for row in marts.rows("access_review", account) if row["display_name"] == name]
    return row


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("Orphan", "deactivated", {"is_orphaned_owner"}),
        ("Leaver", "removed", {"is_orphaned_owner"}),
        ("Owner 3", "unmanaged", {"is_unmanaged"}),
        ("Owner 6", "deactivated", set()),
        ("Boss", "active", {"is_admin", "has_no_manager"}),
        ("Led_By_Retired", "active", {"is_admin", "manager_is_gone", "has_no_group"}),
        ("Led_By_Ghost", "not_an_owner", {"manager_is_gone", "has_no_group"}),
        ("Led_By_Name", "not_an_owner", {"has_no_group"}),
        ("Outlier", "active", {"has_outlier_entitlement"}),
        ("Crowd1", "not_an_owner", set()),
        ("Twin1", "active", {"shares_email", "match_is_ambiguous", "has_no_group"}),
        ("Owner 4", "active", {"shares_email", "match_is_ambiguous"}),
    ],
)
def test_the_flags_of_a_person(marts: Marts, name: str, status: str, expected: set[str]) -> None:
    row = review(marts, "flags", name)
    assert row["status"] == status
    assert {flag for flag in FLAGS if row[flag]} == expected
    assert (row["risk_score"] > 0, row["reasons"] is not None) == (bool(expected), bool(expected))


@pytest.mark.parametrize("name", ["Twin1", "Twin2", "Owner 4"])
def test_who_may_be_somebody_on_the_other_side_is_not_absent_there(name: str, marts: Marts) -> None:
    row = review(marts, "flags", name)
    assert (row["is_orphaned_owner"], row["is_unmanaged"]) == (None, None)
    assert row["is_admin"] is (None if name.startswith("Twin") else False)


def test_head_counts_call_nobody_absent_by_an_ambiguous_match(marts: Marts) -> None:
    counts = Counter(row["status"] for row in marts.rows("identities", "flags") if row["status"] != "removed")
    daily = marts.rows("directory_daily", "flags")
    last = max(row["day"] for row in daily)
    by_status: Counter[str] = Counter()
    for row in daily:
        if row["day"] == last and row["status"] != "removed":
            by_status[row["status"]] += row["head_count"]
    assert by_status == counts


def test_reasons_say_in_words_what_the_score_is_made_of(marts: Marts) -> None:
    row = review(marts, "flags", "Led_By_Retired")
    assert (row["risk_score"], row["reasons"]) == (
        40,
        "is an administrator; the manager is gone or inactive; is in no group",
    )


def test_a_role_without_a_name_leaves_open_whether_it_is_an_administrators(marts: Marts) -> None:
    assert review(marts, "flags", "Outlier")["is_admin"] is None
    assert review(marts, "flags", "Owner 3")["is_admin"] is False


def test_with_only_rest_loaded_the_flags_that_need_scim_are_null(marts: Marts) -> None:
    [row] = marts.rows("access_review", "only_rest")
    assert {flag for flag in FLAGS if row[flag] is None} == {
        "is_orphaned_owner",
        "is_unmanaged",
        "has_no_manager",
        "manager_is_gone",
        "has_no_group",
        "has_outlier_entitlement",
    }
    assert row["is_admin"] is True
    [identity] = marts.rows("identities", "only_rest")
    assert (identity["status"], identity["scim_status"], identity["scim_user_id"]) == ("active", None, None)


def test_with_only_scim_loaded_the_flags_that_need_the_crm_are_null(marts: Marts) -> None:
    row = review(marts, "only_scim", "Ann")
    assert {flag for flag in FLAGS if row[flag] is None} == {
        "is_orphaned_owner",
        "is_unmanaged",
        "is_admin",
        # What is held in the CRM is not known.
        "has_outlier_entitlement",
    }
    assert (row["has_no_manager"], row["has_no_group"]) == (True, True)
    assert {row["status"] for row in marts.rows("identities", "only_scim")} == {"active"}


def test_absent_memberships_leave_open_who_is_in_no_group(marts: Marts) -> None:
    assert {row["has_no_group"] for row in marts.rows("access_review", "no_groups")} == {None}


def test_who_came_after_the_memberships_were_read_is_not_in_no_group(marts: Marts) -> None:
    flags = {
        build: {
            row["display_name"]: row["has_no_group"]
            for row in marts.rows("access_review", "groups_down", build)
        }
        for build in (2, 3)
    }
    assert flags == {2: {"Old": True, "New": None}, 3: {"Old": True, "New": True}}


def test_groups_within_groups_and_in_a_circle_are_followed_to_the_end(marts: Marts) -> None:
    assert grants(marts, "Boss", "scim_group") == {("Inner group", "direct"), ("Outer group", "Inner group")}
    assert grants(marts, "Crowd1", "scim_group") == {
        ("Sales group", "direct"),
        ("Outer group", "Sales group"),
        ("Inner group", "Sales group"),
    }


def test_roles_territories_and_scim_attributes_are_grants_too(marts: Marts) -> None:
    assert grants(marts, "Boss") - grants(marts, "Boss", "scim_group") == {
        ("Account Administrator", "direct"),
        ("North", "direct"),
        ("Global Admin", "direct"),
    }
    assert grants(marts, "Outlier", "scim_entitlement") == {("export", "direct")}
    assert grants(marts, "Outlier", "crm_role") == {("77", "direct")}


def test_whoever_is_gone_on_a_side_holds_nothing_there(marts: Marts) -> None:
    assert grants(marts, "Leaver") == {("Sales User", "direct")}
    removed = {
        row["identity_key"] for row in marts.rows("identities", "history") if row["status"] == "removed"
    }
    assert removed
    assert not removed & {row["identity_key"] for row in marts.rows("identity_entitlements", "history")}


def grants(marts: Marts, name: str, resource_type: str | None = None) -> set[tuple[str, str]]:
    key = review(marts, "flags", name)["identity_key"]
    return {
        (row["resource_name"], row["granted_via"])
        for row in marts.rows("identity_entitlements", "flags")
        if row["identity_key"] == key and resource_type in (None, row["resource_type"])
    }


def test_every_flag_is_a_column_and_every_flag_column_is_a_flag(marts: Marts) -> None:
    last = marts.builds[-1]
    columns = {
        name for name, value in last["access_review"][0].items() if value is None or value in (True, False)
    }
    described = [row["flag"] for row in sorted(last["review_flags"], key=lambda row: row["place"])]
    not_flags = {
        "account",
        "identity_key",
        "display_name",
        "email",
        "department",
        "status",
        "risk_score",
        "needs_decision",
        "reasons",
        "last_decision",
        "last_decided_at",
        "changed_since_decision",
        "records_owned",
        "contacts_owned",
        "deals_owned",
        "accounts_owned",
        "records_owned_unknown",
    }
    assert set(last["access_review"][0]) - not_flags == set(described)
    assert columns - not_flags == set(described)


def test_the_score_and_the_reasons_are_those_of_the_flags_raised(marts: Marts) -> None:
    last = marts.builds[-1]
    flags = sorted(last["review_flags"], key=lambda row: row["place"])
    assert [flag["weight"] for flag in flags] == sorted((flag["weight"] for flag in flags), reverse=True)
    for row in last["access_review"]:
        raised = [flag for flag in flags if row[flag["flag"]]]
        assert row["risk_score"] == sum(flag["weight"] for flag in raised)
        told = row["reasons"].split("; ") if row["reasons"] else []
        assert len(told) == len(raised)
        for flag, reason in zip(raised, told, strict=True):
            # What rests on a source says which, since when, and on what evidence.
            assert (reason == flag["meaning"]) is not flag["rests_on_providers"]
        assert row["needs_decision"] == any(flag["calls_for_decision"] for flag in raised)


def test_identity_flags_has_a_row_for_all_that_is_not_false(marts: Marts) -> None:
    last = marts.builds[-1]
    told = {
        (row["account"], row["identity_key"], row["flag"]): row["is_raised"] for row in last["identity_flags"]
    }
    expected = {
        (row["account"], row["identity_key"], flag["flag"]): row[flag["flag"]]
        for row in last["access_review"]
        for flag in last["review_flags"]
        if row[flag["flag"]] is not False
    }
    assert told == expected
    assert set(told.values()) == {True, None}


@pytest.mark.parametrize("folder", ["freshsales_review", "dashboards", "demo"])
def test_only_the_models_list_flags_and_hold_their_words(folder: str, duckdb_marts: Marts) -> None:
    """A table may be about one flag; whoever names two flags has a list of their own.

    The help of `changes` has one; test_the_help_names_every_flag_that_can_be_new compares it with the models.
    """
    flags = duckdb_marts.builds[-1]["review_flags"]
    for path in sorted(Path(ROOT / folder).rglob("*")):
        if path.suffix not in {".py", ".js", ".html", ".yaml"}:
            continue
        text = path.read_text()
        # `person.match_is_ambiguous` is a column of identities as well.
        named = [flag["flag"] for flag in flags if re.search(rf"(?<!person\.)\b{flag['flag']}\b", text)]
        assert len(named) <= 1 or path == ROOT / "freshsales_review/changes/command.py", (path.name, named)
        words = {flag[kind] for flag in flags for kind in ("label", "meaning")}
        assert [word for word in words if f'"{word}"' in text or f"'{word}'" in text] == [], path.name


def test_postgresql_finds_the_rows_of_one_account_by_an_index(postgresql_marts: Marts) -> None:
    """Each page of `report --all` asks every mart that it shows for one account."""
    indexed = {mart for mart, columns in postgresql_marts.indexes.items() if "account" in columns}
    assert indexed == postgresql_marts.indexes.keys() - WITHOUT_ACCOUNT
    assert indexed >= set(SHOWN) - WITHOUT_ACCOUNT
