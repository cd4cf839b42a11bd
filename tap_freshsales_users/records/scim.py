"""SCIM resources (RFC 7643) -> records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_freshsales_users.records.coercion import TRUTHS
from tap_freshsales_users.records.shaper import Record

ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = (ENTERPRISE_USER, "manager")

_COMMON = {
    "id": ("id",),
    "external_id": ("externalId",),
    "display_name": ("displayName",),
    "created_at": ("meta", "created"),
    "last_modified_at": ("meta", "lastModified"),
    "resource_location": ("meta", "location"),
    "resource_version": ("meta", "version"),
    "schemas": ("schemas",),
}
USER_PATHS: dict[str, tuple[str, ...]] = {
    **_COMMON,
    "user_name": ("userName",),
    "nick_name": ("nickName",),
    "given_name": ("name", "givenName"),
    "family_name": ("name", "familyName"),
    "formatted_name": ("name", "formatted"),
    "title": ("title",),
    "user_type": ("userType",),
    "preferred_language": ("preferredLanguage",),
    "locale": ("locale",),
    "timezone": ("timezone",),
    "active": ("active",),
    "emails": ("emails",),
    "phone_numbers": ("phoneNumbers",),
    "addresses": ("addresses",),
    "groups": ("groups",),
    "roles": ("roles",),
    "entitlements": ("entitlements",),
    "employee_number": (ENTERPRISE_USER, "employeeNumber"),
    "cost_center": (ENTERPRISE_USER, "costCenter"),
    "organization": (ENTERPRISE_USER, "organization"),
    "division": (ENTERPRISE_USER, "division"),
    "department": (ENTERPRISE_USER, "department"),
    "manager_id": (*MANAGER, "value"),
    "manager_display_name": (*MANAGER, "displayName"),
}
GROUP_PATHS: dict[str, tuple[str, ...]] = {**_COMMON, "members": ("members",)}
MEMBER_PATHS: dict[str, tuple[str, ...]] = {
    "member_id": ("value",),
    "member_display": ("display",),
    "member_type": ("type",),
}
# The stream says the first; the second is never to be returned (RFC 7643 section 4.1.1), let alone stored.
LEFT_OUT = (("meta", "resourceType"), ("password",))
# A manager's id alone, in place of the object.
PLAIN = {MANAGER: "manager_id"}


def attribute(resource: Mapping[str, Any], name: str) -> Any:
    """By name in any letter case (RFC 7643 section 2.1); None where it is absent or null."""
    if name in resource:
        return resource[name]
    folded = name.lower()
    return next((value for key, value in resource.items() if key.lower() == folded), None)


def has_attribute(resource: Mapping[str, Any], name: str) -> bool:
    return name in resource or name.lower() in map(str.lower, resource)


def primary_email(resource: Mapping[str, Any]) -> str | None:
    """The address marked primary, else the first, else a `userName` that is an address."""
    emails = attribute(resource, "emails")
    first = None
    for email in emails if isinstance(emails, list) else [emails]:
        is_primary, value = False, email
        if isinstance(email, dict):
            value = attribute(email, "value")
            is_primary = TRUTHS.get(str(attribute(email, "primary")).lower(), False)
        if isinstance(value, str) and value:
            if is_primary:
                return value
            first = first or value
    user_name = attribute(resource, "userName")
    if first is None and isinstance(user_name, str) and "@" in user_name:
        return user_name
    return first


def members_of(group: Mapping[str, Any]) -> list[Any] | None:
    """None where the group came without the attribute: unknown, not empty."""
    if not has_attribute(group, "members"):
        return None
    members = attribute(group, "members")
    if members is None:
        return []
    return members if isinstance(members, list) else [members]


def add_member_id(member: Any, record: Record) -> bool:
    """Whether the member has an id: its `value`, or the end of its `$ref`."""
    if record.get("member_id"):
        return True
    reference = attribute(member, "$ref")
    if isinstance(reference, str) and reference.rstrip("/"):
        record["member_id"] = reference.rstrip("/").rpartition("/")[2]
        return True
    return False
