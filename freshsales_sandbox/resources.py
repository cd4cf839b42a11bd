"""People and groups as SCIM resources (RFC 7643), and back.

References begin with `root`: the base URL and a slash. It is empty if the library makes URLs of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from freshsales_sandbox.directory import Directory, Group, Person

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# SCIM attribute -> field of Person, if both have the same value.
_PLAIN = {
    "externalId": "external_id",
    "displayName": "display_name",
    "title": "title",
    "userType": "user_type",
    "locale": "locale",
    "timezone": "timezone",
}
_ENTERPRISE_PLAIN = {
    "employeeNumber": "employee_number",
    "costCenter": "cost_center",
    "organization": "organization",
    "division": "division",
    "department": "department",
}
# Attributes that only the server decides, or that it never stores.
_NOT_STORED = {"id", "meta", "schemas", "groups", "password"}


def user_resource(person: Person, directory: Directory, root: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "schemas": [USER, ENTERPRISE],
        "id": person.scim_id,
        "userName": person.user_name,
        "name": {
            "formatted": f"{person.given_name} {person.family_name}",
            "givenName": person.given_name,
            "familyName": person.family_name,
        },
        "active": person.active,
        "meta": _meta(person, "User", "Users", root),
    }
    resource |= _filled({name: getattr(person, attribute) for name, attribute in _PLAIN.items()})
    resource |= _filled(
        {
            "emails": _emails(person),
            "phoneNumbers": [
                {"value": number, "type": kind}
                for number, kind in ((person.phone, "work"), (person.mobile, "mobile"))
                if number
            ],
            "roles": [{"value": value} for value in person.scim_roles],
            "entitlements": [{"value": value} for value in person.entitlements],
            "groups": [
                {
                    "value": group.scim_id,
                    "$ref": f"{root}Groups/{group.scim_id}",
                    "display": group.name,
                    "type": "direct",
                }
                for group in directory.groups_of(person.scim_id)
            ],
        }
    )
    enterprise = _filled({name: getattr(person, attribute) for name, attribute in _ENTERPRISE_PLAIN.items()})
    if person.manager_id is not None:
        manager = directory.user(person.manager_id)
        enterprise["manager"] = {"value": person.manager_id, "$ref": f"{root}Users/{person.manager_id}"}
        if manager is not None:
            enterprise["manager"]["displayName"] = manager.display_name
    resource[ENTERPRISE] = enterprise
    for name, value in person.extra.items():
        resource[name] = resource[name] | value if isinstance(resource.get(name), dict) else value
    return resource


def user_fields(resource: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Person that a whole SCIM user sets. An attribute that it leaves out becomes empty."""
    rest = {name: value for name, value in resource.items() if name not in _NOT_STORED}
    name = dict(rest.pop("name", {}))
    enterprise = dict(rest.pop(ENTERPRISE, {}))
    emails = sorted(rest.pop("emails", []), key=lambda email: not email.get("primary"))
    phones = {phone.get("type", "work"): phone.get("value") for phone in rest.pop("phoneNumbers", [])}
    user_name = rest.pop("userName")
    given_name, family_name = name.pop("givenName", ""), name.pop("familyName", "")
    if name.get("formatted") == f"{given_name} {family_name}":
        del name["formatted"]
    fields: dict[str, Any] = {
        "user_name": user_name,
        "given_name": given_name,
        "family_name": family_name,
        "active": rest.pop("active", True),
        "email": emails[0].get("value") if emails else None,
        "aliases": tuple(email["value"] for email in emails[1:] if email.get("value")),
        "phone": phones.get("work"),
        "mobile": phones.get("mobile"),
        "scim_roles": tuple(role["value"] for role in rest.pop("roles", []) if role.get("value")),
        "entitlements": tuple(item["value"] for item in rest.pop("entitlements", []) if item.get("value")),
        "manager_id": enterprise.pop("manager", {}).get("value"),
    }
    fields |= {attribute: rest.pop(scim_name, None) for scim_name, attribute in _PLAIN.items()}
    fields |= {
        attribute: enterprise.pop(scim_name, None) for scim_name, attribute in _ENTERPRISE_PLAIN.items()
    }
    fields["display_name"] = fields["display_name"] or f"{given_name} {family_name}".strip() or user_name
    fields["extra"] = rest | _filled({"name": name, ENTERPRISE: enterprise})
    return fields


def group_resource(group: Group, directory: Directory, root: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "schemas": [GROUP],
        "id": group.scim_id,
        "displayName": group.name,
        "members": [_member(member, directory, root) for member in group.members],
        "meta": _meta(group, "Group", "Groups", root),
    }
    return resource | _filled({"externalId": group.external_id})


def group_fields(resource: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Group that a whole SCIM group sets."""
    members = [member["value"] for member in resource.get("members", []) if member.get("value")]
    return {
        "name": resource.get("displayName", ""),
        "external_id": resource.get("externalId"),
        "members": list(dict.fromkeys(members)),
    }


def utc_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _member(member: str, directory: Directory, root: str) -> dict[str, Any]:
    group = directory.group(member)
    if group is not None:
        endpoint, kind, display = "Groups", "Group", group.name
    else:
        user = directory.user(member)
        endpoint, kind, display = "Users", "User", user.display_name if user else member
    return {"value": member, "$ref": f"{root}{endpoint}/{member}", "display": display, "type": kind}


def _emails(person: Person) -> list[dict[str, Any]]:
    emails: list[dict[str, Any]] = [{"value": alias, "type": "other"} for alias in person.aliases]
    if person.email:
        emails.insert(0, {"value": person.email, "type": "work", "primary": True})
    return emails


def _meta(record: Person | Group, kind: str, endpoint: str, root: str) -> dict[str, Any]:
    return {
        "resourceType": kind,
        "created": utc_time(record.created),
        "lastModified": utc_time(record.modified),
        "location": f"{root}{endpoint}/{record.scim_id}",
        "version": f'W/"{record.version}"',
    }


def _filled(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes that have a value. For RFC 7643, null and an empty list are no value."""
    return {name: value for name, value in attributes.items() if value not in (None, [], {}, ())}
