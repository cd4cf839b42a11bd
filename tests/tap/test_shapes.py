"""What becomes of the columns where a server's resources look otherwise, over real HTTP."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.quirks.scim_shape import UNKNOWN_EXTENSION
from tests.tap.running import Message, Outcome, run_tap

PEOPLE = 30
SETTINGS = {"page_size": 20}


def read(tmp_path: Path, *quirks: str) -> Outcome:
    with Sandbox(people=PEOPLE, quirks=quirks, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    return outcome


def rows(outcome: Outcome, stream: str) -> dict[Any, Message]:
    """By key, without what is of the run and not of the record: its id, and the sandbox's port."""
    rows = {}
    for key, record in zip(outcome.keys(stream), outcome.records[stream], strict=True):
        text = json.dumps({name: value for name, value in record.items() if name != "sync_id"})
        rows[key] = json.loads(re.sub(r"http://127\.0\.0\.1:\d+", "http://sandbox", text))
    return rows


@pytest.fixture
def usual(tmp_path: Path) -> Outcome:
    return read(tmp_path)


def assert_only_differs(
    usual: Outcome, other: Outcome, stream: str, change: Callable[[Message], Message]
) -> None:
    assert rows(other, stream) == {key: change(row) for key, row in rows(usual, stream).items()}


# Whatever the letter case, or the type that booleans come in: the very same columns.
@pytest.mark.parametrize("quirk", ["scim-booleans-as-text", "scim-booleans-as-numbers"])
def test_booleans_of_another_type_make_the_same_rows(usual: Outcome, quirk: str, tmp_path: Path) -> None:
    other = read(tmp_path, quirk)

    def without_emails(row: Message) -> Message:
        return {name: value for name, value in row.items() if name != "emails"}

    mine, theirs = rows(usual, "scim_users"), rows(other, "scim_users")
    assert {key: without_emails(row) for key, row in mine.items()} == {
        key: without_emails(row) for key, row in theirs.items()
    }
    assert other.receipt("scim_users")["coercions"] == len(theirs)
    assert other.receipt("scim_users")["inactive_records"] == usual.receipt("scim_users")["inactive_records"]
    assert other.receipt("scim_users")["inactive_records"] == sum(not row["active"] for row in mine.values())
    # Within a JSON column nothing is touched.
    emails = [email for row in theirs.values() for email in row["emails"] or [] if "primary" in email]
    assert emails
    assert not any(isinstance(email["primary"], bool) for email in emails)


def test_names_in_another_letter_case_make_the_same_rows(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-other-case")
    for stream in ("scim_users", "scim_groups", "scim_group_members"):
        assert rows(other, stream) == rows(usual, stream)


def test_an_extension_nobody_knows_is_kept_under_its_urn(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-unknown-extension")
    extension = {UNKNOWN_EXTENSION: {"extension": "4711", "hasHeadset": True}}
    assert_only_differs(
        usual,
        other,
        "scim_users",
        lambda row: (
            row
            | {
                "additional_attributes": (row["additional_attributes"] or {}) | extension,
                "schemas": [*row["schemas"], UNKNOWN_EXTENSION],
            }
        ),
    )


def test_without_meta_only_what_it_tells_is_null(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-no-meta")
    told = ("created_at", "last_modified_at", "resource_version", "resource_location")
    for stream in ("scim_users", "scim_groups"):
        assert_only_differs(usual, other, stream, lambda row: row | dict.fromkeys(told))
        assert all(record[name] for record in usual.records[stream] for name in told)


@pytest.mark.parametrize(
    "quirk",
    [
        *("rest-html-media-type", "rest-byte-order-mark", "rest-null-list"),
        *("scim-html-media-type", "scim-byte-order-mark", "scim-null-list"),
        *("scim-old-enterprise", "scim-flat-enterprise", "scim-empty-elements"),
    ],
)
def test_another_way_to_say_the_same_makes_the_same_rows(usual: Outcome, quirk: str, tmp_path: Path) -> None:
    other = read(tmp_path, quirk)
    for stream in ("owners", "scim_users", "scim_groups", "scim_group_members"):
        assert rows(other, stream) == rows(usual, stream)
    if quirk == "scim-empty-elements":
        for stream in ("scim_users", "scim_groups", "scim_group_members"):
            assert other.receipt(stream)["dropped_elements"] > 0


def test_odd_characters_cost_one_character_each(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-odd-characters")
    for stream in ("scim_users", "scim_groups"):
        assert_only_differs(
            usual,
            other,
            stream,
            lambda row: row | {"display_name": f"{row['display_name'] or ''}\ufffd\ufffd"},
        )
        assert other.receipt(stream)["replaced_characters"] == 2 * len(rows(other, stream))


def test_a_deep_attribute_of_each_record_is_left_out(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-deep-attribute")
    for stream in ("scim_users", "scim_groups"):
        assert rows(other, stream) == rows(usual, stream)
        assert other.receipt(stream)["oversized_cells"] == len(rows(other, stream))


def test_a_group_named_by_a_number_has_it_as_text(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-numeric-names")
    names = {key: str(len(row["display_name"])) for key, row in rows(usual, "scim_groups").items()}
    assert {key: row["display_name"] for key, row in rows(other, "scim_groups").items()} == names
    for row in rows(other, "scim_group_members").values():
        assert row["group_display_name"] == names[row["group_id"],]


def test_groups_without_dates_are_groups_all_the_same(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-groups-undated")
    dates = ("created_at", "last_modified_at")
    assert_only_differs(usual, other, "scim_groups", lambda row: row | dict.fromkeys(dates))


def test_bare_emails_are_kept_and_still_give_the_primary_one(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-bare-emails")

    def bare(row: Message) -> Message:
        return row | {"emails": [email["value"] for email in row["emails"] or []]}

    assert_only_differs(usual, other, "scim_users", bare)
    assert any(row["primary_email"] for row in rows(other, "scim_users").values())


def test_a_bare_manager_is_the_managers_id(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-bare-manager")
    assert any(row["manager_display_name"] for row in rows(usual, "scim_users").values())

    def bare(row: Message) -> Message:
        # `$ref`, which no column names, came with the object alone.
        return row | {"manager_display_name": None, "additional_attributes": None}

    assert_only_differs(usual, other, "scim_users", bare)


def test_what_a_manager_has_beside_its_columns_is_kept(usual: Outcome) -> None:
    managed = [record for record in usual.records["scim_users"] if record["manager_id"]]
    assert managed
    for record in managed:
        [extension] = record["additional_attributes"].values()
        assert extension["manager"].keys() == {"$ref"}


def test_a_relative_location_stays_as_it_came(tmp_path: Path) -> None:
    other = read(tmp_path, "scim-relative-location")
    assert all(r["resource_location"] == f"/Users/{r['id']}" for r in other.records["scim_users"])


def test_an_empty_external_id_is_not_made_null(tmp_path: Path) -> None:
    other = read(tmp_path, "scim-empty-external-id")
    assert {record["external_id"] for record in other.records["scim_users"]} == {""}


def test_an_address_and_a_user_name_stay_as_they_came(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-email-domain-lower")
    mine, theirs = rows(usual, "scim_users"), rows(other, "scim_users")
    assert any(row["user_name"] != theirs[key]["user_name"] for key, row in mine.items())
    with_emails = [key for key, row in mine.items() if row["emails"]]
    assert all(mine[key]["primary_email"] == theirs[key]["primary_email"] for key in with_emails)


def test_groups_without_members_have_no_count_and_no_memberships(tmp_path: Path) -> None:
    other = read(tmp_path, "scim-no-members")
    assert {record["member_count"] for record in other.records["scim_groups"]} == {None}
    assert {record["members"] for record in other.records["scim_groups"]} == {None}
    assert other.receipt("scim_groups")["is_complete"]
    assert not other.records["scim_group_members"]
    groups = len(other.records["scim_groups"])
    reason = f"members_unknown: {groups} groups came without `members`"
    assert other.receipt("scim_group_members")["incomplete_reason"] == reason


def test_members_with_a_value_alone_are_members(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "scim-members-only-value")
    nothing = ("member_display", "member_type")
    assert_only_differs(
        usual,
        other,
        "scim_group_members",
        lambda row: row | dict.fromkeys(nothing) | {"additional_attributes": None},
    )


def test_a_group_counts_its_members(usual: Outcome) -> None:
    members = usual.keys("scim_group_members")
    for group in usual.records["scim_groups"]:
        assert group["member_count"] == sum(group_id == group["id"] for group_id, _ in members)


def test_owners_with_the_six_seen_fields_have_null_in_the_other_columns(
    usual: Outcome, tmp_path: Path
) -> None:
    other = read(tmp_path, "rest-seen-fields")
    kept = ("account", "id", "display_name", "email", "is_active")
    assert_only_differs(
        usual,
        other,
        "owners",
        lambda row: (
            dict.fromkeys(row)
            | {name: row[name] for name in kept}
            | {"work_number": row["phone"], "mobile_number": row["mobile"]}
        ),
    )


def test_owners_with_nothing_but_an_id_are_owners(tmp_path: Path) -> None:
    other = read(tmp_path, "rest-null-fields")
    assert other.records["owners"]
    for record in other.records["owners"]:
        assert {name for name, value in record.items() if value is not None} == {"account", "id", "sync_id"}
    assert other.receipt("owners")["inactive_records"] == 0


def test_fields_nobody_listed_are_kept(usual: Outcome, tmp_path: Path) -> None:
    other = read(tmp_path, "rest-unlisted-fields")
    unlisted = {"is_forgotten": False, "deal_pipeline_id": 70000000001, "beta": {"on": True}}
    assert_only_differs(usual, other, "owners", lambda row: row | {"additional_attributes": unlisted})


def test_date_times_are_in_utc_whatever_their_offset(usual: Outcome) -> None:
    """The CRM's come with an offset of six hours, SCIM's in UTC; the people are the same."""
    for stream in ("owners", "scim_users", "scim_groups"):
        for record in usual.records[stream]:
            for name in record.keys() & {"created_at", "updated_at", "last_modified_at"}:
                assert record[name].endswith("Z")
                assert datetime.fromisoformat(record[name]).utcoffset() is not None
    created = {record["email"]: record["created_at"] for record in usual.records["owners"]}
    both = [r for r in usual.records["scim_users"] if r["primary_email"] in created]
    assert both
    assert all(created[record["primary_email"]] == record["created_at"] for record in both)


def test_all_users_of_the_crm_are_read_with_their_own_flag(tmp_path: Path) -> None:
    with Sandbox(people=PEOPLE, quirks="rest-all-users", quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
        active = {person.crm_id: person.crm_active for person in sandbox.directory.owners()}
    assert {record["id"]: record["is_active"] for record in outcome.records["owners"]} == active
    inactive = sum(not is_active for is_active in active.values())
    assert outcome.receipt("owners")["inactive_records"] == inactive > 0
