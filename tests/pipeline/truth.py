"""The rows that a warehouse has to hold, from the sandbox's directory and in no way through the tap."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freshsales_sandbox.app import DOMAIN, Sandbox
from freshsales_sandbox.directory import Group, Person
from freshsales_sandbox.records import RECORD_TYPES, owned
from freshsales_sandbox.resources import ENTERPRISE, GROUP, USER

SCHEMAS = Path(__file__).parents[2] / "schemas"
STREAMS = (
    "owners",
    "roles",
    "territories",
    "teams",
    "profile",
    "scim_users",
    "scim_groups",
    "scim_group_members",
)

Row = dict[str, Any]


def truth(sandbox: Sandbox) -> dict[str, list[Row]]:
    """Every row of every stream but the receipts; date-times as UTC without an offset, no `sync_id`."""
    directory = sandbox.directory
    scim = sandbox.config["scim_api_url"]
    assert directory.key_owner is not None
    rows = {
        "owners": [_owner(person) for person in directory.owners()],
        "roles": [{"id": role.id, "name": role.name} for role in directory.roles],
        "territories": [
            {"id": item.id, "name": item.name, "position": item.position} for item in directory.territories
        ],
        "teams": [{"id": team.id, "name": team.name} for team in directory.teams],
        "profile": [_owner(directory.key_owner)],
        "scim_users": [_user(person, sandbox, scim) for person in directory.users()],
        "scim_groups": [_group(group, sandbox, scim) for group in directory.groups],
        "scim_group_members": [
            {
                "group_id": group.scim_id,
                "group_display_name": group.name,
                "member_id": member["value"],
                "member_display": member["display"],
                "member_type": member["type"],
                "additional_attributes": {"$ref": member["$ref"]},
            }
            for group in directory.groups
            for member in _members(group, sandbox, scim)
        ],
    }
    return {
        stream: [dict.fromkeys(columns(stream)) | {"account": DOMAIN} | row for row in rows[stream]]
        for stream in STREAMS
    }


def assert_owned(rows: list[Row], sandbox: Sandbox) -> None:
    """One row an owner and type, if all owners are asked about; a count is true, or null with a reason."""
    counts = {
        (person.crm_id, record_type): owned(record_type, person.crm_id)
        for person in sandbox.directory.owners()
        for record_type in RECORD_TYPES
        if person.crm_id is not None
    }
    found = {(row["owner_id"], row["record_type"]): row for row in rows}
    assert len(rows) == len(found)
    assert found.keys() == counts.keys()
    for key, row in found.items():
        assert (row["records_owned"] is None) == (row["unknown_reason"] is not None)
        assert row["records_owned"] in {counts[key], None}
    assert sum(row["records_owned"] is not None for row in rows) > len(rows) / 2


def columns(stream: str) -> dict[str, Any]:
    """Name every column of a stream but `sync_id`, each with its JSON Schema."""
    properties: dict[str, Any] = json.loads((SCHEMAS / f"{stream}.json").read_text())["properties"]
    return {name: schema for name, schema in properties.items() if name != "sync_id"}


def _owner(person: Person) -> Row:
    return {
        "id": person.crm_id,
        "name": person.display_name,
        "display_name": person.display_name,
        "first_name": person.given_name,
        "last_name": person.family_name,
        "email": person.crm_email,
        "phone": person.phone,
        "mobile": person.mobile,
        "role_id": person.role_id,
        "roles": [{"id": person.role_id}] if person.role_id else None,
        "territory_id": person.territory_id,
        "is_active": person.crm_active,
        "time_zone": person.time_zone,
        "language": person.language,
        "created_at": _utc(person.created),
        "updated_at": _utc(person.crm_modified),
    }


def _user(person: Person, sandbox: Sandbox, scim: str) -> Row:
    manager = sandbox.directory.user(person.manager_id)
    emails = [{"value": person.email, "type": "work", "primary": True}] if person.email else []
    emails += [{"value": alias, "type": "other"} for alias in person.aliases]
    phones = [
        {"value": number, "type": kind}
        for kind, number in (("work", person.phone), ("mobile", person.mobile))
        if number
    ]
    groups = [
        {
            "value": group.scim_id,
            "$ref": f"{scim}/Groups/{group.scim_id}",
            "display": group.name,
            "type": "direct",
        }
        for group in sandbox.directory.groups
        if person.scim_id in group.members
    ]
    return {
        "id": person.scim_id,
        "external_id": person.external_id,
        "user_name": person.user_name,
        "display_name": person.display_name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "formatted_name": f"{person.given_name} {person.family_name}",
        "title": person.title,
        "user_type": person.user_type,
        "locale": person.locale,
        "timezone": person.timezone,
        "active": person.active,
        "primary_email": person.email,
        "emails": emails or None,
        "phone_numbers": phones or None,
        "groups": groups or None,
        "roles": [{"value": role} for role in person.scim_roles] or None,
        "entitlements": [{"value": value} for value in person.entitlements] or None,
        "employee_number": person.employee_number,
        "cost_center": person.cost_center,
        "organization": person.organization,
        "division": person.division,
        "department": person.department,
        "manager_id": person.manager_id,
        "manager_display_name": manager.display_name if manager else None,
        "schemas": [USER, ENTERPRISE],
        # What no column names is kept: here the address of the manager's record.
        "additional_attributes": (
            {ENTERPRISE: {"manager": {"$ref": f"{scim}/Users/{person.manager_id}"}}}
            if person.manager_id
            else None
        ),
        **_meta(person, f"{scim}/Users"),
    }


def _group(group: Group, sandbox: Sandbox, scim: str) -> Row:
    return {
        "id": group.scim_id,
        "external_id": group.external_id,
        "display_name": group.name,
        "member_count": len(group.members),
        "members": _members(group, sandbox, scim),
        "schemas": [GROUP],
        **_meta(group, f"{scim}/Groups"),
    }


def _members(group: Group, sandbox: Sandbox, scim: str) -> list[Row]:
    members = []
    for member_id in group.members:
        user, nested = sandbox.directory.user(member_id), sandbox.directory.group(member_id)
        display = nested.name if nested else user.display_name if user else member_id
        kind = "Group" if nested else "User"
        members.append(
            {"value": member_id, "$ref": f"{scim}/{kind}s/{member_id}", "display": display, "type": kind}
        )
    return members


def _meta(record: Person | Group, location: str) -> Row:
    return {
        "created_at": _utc(record.created),
        "last_modified_at": _utc(record.modified),
        "resource_location": f"{location}/{record.scim_id}",
        "resource_version": f'W/"{record.version}"',
    }


def _utc(moment: datetime) -> datetime:
    # The API tells seconds, and nothing finer.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
