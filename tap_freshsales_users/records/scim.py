"""Makes records of SCIM resources (RFC 7643), after `spelling` has given the names their spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from tap_freshsales_users.records.coercion import TRUTHS, is_element, is_nothing
from tap_freshsales_users.records.shaper import Record, Shaper, keep
from tap_freshsales_users.records.spelling import ENTERPRISE_USER

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
# The name of the table says the same.
LEFT_OUT = (("meta", "resourceType"),)
# A manager may be a plain id in place of an object.
PLAIN = {MANAGER: "manager_id"}


# The type of a resource, by the endpoint in its path (RFC 7644 section 3.2).
_ENDPOINTS = {"users": "User", "groups": "Group"}
_KINDS = {kind.lower(): kind for kind in _ENDPOINTS.values()}


def fill_user(user: Mapping[str, Any], record: Record, shaper: Shaper) -> None:
    """Fill the columns of a user that are not read from one path."""
    shaper.put(record, "primary_email", primary_email(user))
    if is_nothing(record.get("manager_id")):
        shaper.put(record, "manager_id", manager_id(user))


def fill_group(group: Mapping[str, Any], record: Record, shaper: Shaper) -> None:
    """Fill `member_count`. Null `members` are the same as none (RFC 7643 section 2.5)."""
    members = members_of(group)
    if members is not None:
        shaper.put(record, "member_count", sum(map(is_element, members)))
    if members == []:
        shaper.put(record, "members", members)


def primary_email(resource: Mapping[str, Any]) -> str | None:
    """The primary address, else the first one, else the `userName` if it is an address."""
    emails = resource.get("emails")
    first = None
    for email in emails if isinstance(emails, list) else [emails]:
        is_primary, value = False, email
        if isinstance(email, dict):
            value = email.get("value")
            primary = email.get("primary")
            is_primary = primary is True or TRUTHS.get(str(primary).lower(), False)
        if isinstance(value, str) and value:
            if is_primary:
                return value
            first = first or value
    user_name = resource.get("userName")
    if first is None and isinstance(user_name, str) and "@" in user_name:
        return user_name
    return first


def members_of(group: Mapping[str, Any]) -> list[Any] | None:
    """The members of a group; None if it has no such attribute: then they are unknown, not none."""
    if "members" not in group:
        return None
    members = group["members"]
    if members is None:
        return []
    return members if isinstance(members, list) else [members]


def member_ids(members: Iterable[Any]) -> set[str]:
    """The ids of the members, as `identify` finds them."""
    ids = set()
    for member in members:
        given, reference = (
            (member.get("value"), member.get("$ref")) if isinstance(member, dict) else (member, None)
        )
        member_id = _referred(reference)[1] if is_nothing(given) else given
        if isinstance(member_id, str | int):
            ids.add(str(member_id))
    return ids


def identify(member: Any, record: Record) -> bool:
    """Fill the id and the type of a member; False if it has no id.

    The id is its `value`, or the end of its `$ref`. The type is that of the resource in `$ref`, else its
    `type`: a user and a group may have the same id, but a reference names one resource (RFC 7643 4.2).
    """
    kind, referred = _referred(member.get("$ref") if isinstance(member, dict) else None)
    given = record.get("member_id")
    member_id = referred if is_nothing(given) else given
    if member_id is None:
        return False
    record["member_id"] = member_id
    said = record.get("member_type")
    if kind is None:
        kind = None if said is None else _KINDS.get(said.lower(), said)
    elif said is not None and said.lower() != kind.lower():
        keep(record, "type", said)
    if "member_type" in record:
        record["member_type"] = kind
    return True


def manager_id(resource: Mapping[str, Any]) -> str | None:
    """The id of a manager without a `value`: the end of its `$ref`."""
    enterprise = resource.get(ENTERPRISE_USER)
    manager = enterprise.get("manager") if isinstance(enterprise, dict) else None
    return _referred(manager.get("$ref"))[1] if isinstance(manager, dict) else None


def _referred(reference: Any) -> tuple[str | None, str | None]:
    """The type and the id of the resource that a reference names; the reference may be relative."""
    if not isinstance(reference, str):
        return None, None
    try:
        path = urlsplit(reference.strip()).path
    except ValueError:  # not a URL
        return None, None
    *_, endpoint, resource_id = ["", "", *filter(None, path.split("/"))]
    return _ENDPOINTS.get(endpoint.lower()), unquote(resource_id) or None
