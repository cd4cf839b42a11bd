"""The schemas: shapes that come through every loader, and the columns that are a public interface."""

import re
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.tap import TapFreshsalesUsers
from tests.tap.selecting import discover

OWNER = """account id uuid name display_name first_name last_name job_title email phone mobile work_number
    mobile_number role_id roles territory_id is_active time_zone language created_at updated_at
    additional_attributes sync_id"""
COLUMNS = {
    "owners": OWNER,
    "profile": OWNER,
    "roles": "account id name additional_attributes sync_id",
    "territories": "account id name position additional_attributes sync_id",
    "teams": "account id name additional_attributes sync_id",
    "scim_users": """
        account id external_id user_name display_name nick_name given_name family_name formatted_name
        title user_type preferred_language locale timezone active primary_email emails phone_numbers
        addresses groups roles entitlements employee_number cost_center organization division department
        manager_id manager_display_name created_at last_modified_at resource_location resource_version
        schemas additional_attributes sync_id
    """,
    "scim_groups": """
        account id external_id display_name member_count members created_at last_modified_at
        resource_location resource_version schemas additional_attributes sync_id
    """,
    "scim_group_members": """
        account group_id group_display_name member_id member_display member_type additional_attributes
        sync_id
    """,
    "owned_records": "account owner_id record_type records_owned unknown_reason sync_id",
    "sync_receipts": """
        sync_id account stream replication_method started_at finished_at is_complete incomplete_reason
        end_evidence consistency records records_sent inactive_records duplicates_dropped
        source_total_first source_total population_sha256 sent_population_sha256 request api_requests passes
        coercions coercion_failures
        replaced_characters dropped_elements oversized_cells read_as
        pseudonym_key_fingerprint tap_version
    """,
}
KEYS = {
    **{name: ["account", "id"] for name in COLUMNS},
    "scim_group_members": ["account", "group_id", "member_id"],
    "owned_records": ["account", "owner_id", "record_type"],
    "sync_receipts": ["sync_id", "stream"],
}
KINDS = {"string", "integer", "boolean", "array", "object"}
# Every record carries them.
ALWAYS_THERE = {"account", "sync_id"}

SCHEMAS = {name: load_schema(name) for name in COLUMNS}
PROPERTIES = [
    (stream, name, column) for stream in SCHEMAS for name, column in SCHEMAS[stream]["properties"].items()
]


def label(value: Any) -> str | None:
    return value if isinstance(value, str) else ""


def test_there_is_a_file_for_each_stream_and_no_other() -> None:
    files = {path.stem for path in (Path(__file__).parents[2] / "schemas").glob("*.json")}
    assert files == COLUMNS.keys()


@pytest.mark.parametrize("stream", COLUMNS)
def test_a_stream_has_the_columns_of_the_design(stream: str) -> None:
    assert sorted(SCHEMAS[stream]["properties"]) == sorted(COLUMNS[stream].split())


@pytest.mark.parametrize("stream", COLUMNS)
def test_a_schema_is_one_and_says_what_it_is_of(stream: str) -> None:
    schema = SCHEMAS[stream]
    DEFAULT_JSONSCHEMA_VALIDATOR.check_schema(schema)
    assert schema["type"] == "object"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize(("stream", "name", "column"), PROPERTIES, ids=label)
def test_a_column_has_a_shape_that_every_loader_takes(stream: str, name: str, column: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), "loaders disagree on anything but snake_case"
    assert column["description"].strip()
    kinds = column["type"]
    assert isinstance(kinds, list)
    assert len(set(kinds) & KINDS) == 1
    assert set(kinds) <= KINDS | {"null"}
    [kind] = set(kinds) & KINDS
    assert "items" not in column
    assert ("properties" in column) == ("additionalProperties" in column) == (kind == "object")
    if kind == "object":
        assert column["properties"] == {}
        assert column["additionalProperties"] is True
    assert column.get("format") == ("date-time" if name.endswith("_at") else None)
    if name.endswith("_at"):
        assert kind == "string"
    is_key = name in KEYS[stream] or name in ALWAYS_THERE
    assert not (is_key and "null" in kinds), "a key is never null"
    if stream != "sync_receipts":
        assert is_key or "null" in kinds, "the upstream may leave anything out"


@pytest.mark.parametrize("name", ["id", "role_id", "territory_id", "position", "read_as"])
def test_crm_numbers_are_integers_and_scim_ids_are_text(name: str) -> None:
    kinds = {s: column["type"][0] for s, n, column in PROPERTIES if n == name}
    assert all(kind == ("string" if s.startswith("scim") else "integer") for s, kind in kinds.items())
    assert kinds


def test_the_catalog_says_the_keys(tmp_path: Path) -> None:
    catalog = discover({}, tmp_path)
    assert {entry["tap_stream_id"]: entry["key_properties"] for entry in catalog["streams"]} == KEYS


@pytest.mark.parametrize("stream", COLUMNS)
def test_the_catalog_has_the_schema_of_the_file(stream: str, tmp_path: Path) -> None:
    [entry] = [e for e in discover({}, tmp_path)["streams"] if e["tap_stream_id"] == stream]
    assert entry["schema"]["properties"] == SCHEMAS[stream]["properties"]


def test_streams_are_synced_in_an_order_in_which_receipts_are_last() -> None:
    tap = TapFreshsalesUsers(config={"domain": "acme"}, validate_config=False)
    assert [*tap.streams] == [
        "profile",
        "owners",
        "roles",
        "territories",
        "teams",
        "scim_users",
        "scim_groups",
        "scim_group_members",
        "owned_records",
        "sync_receipts",
    ]
