"""Quirks of the resources of real SCIM servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from freshsales_sandbox.directory import Directory
from freshsales_sandbox.layers import (
    SCIM_GROUPS,
    SCIM_LISTS,
    SCIM_USERS,
    Body,
    Layer,
    answering,
    of_each,
    on,
    under,
)
from freshsales_sandbox.quirks.quirk import Quirk, plain
from freshsales_sandbox.resources import ENTERPRISE
from freshsales_sandbox.scim import PATH

OLD_ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
# NUL, and a lone surrogate.
ODD_CHARACTERS = "\0\ud83d"
DEPTH = 300
UNKNOWN_EXTENSION = "urn:example:params:scim:schemas:extension:telephony:2.0:User"


def _users(name: str, says: str, change: Callable[[Body], Body]) -> Quirk:
    return plain(name, says, on(SCIM_USERS, of_each(change)))


def _groups(name: str, says: str, change: Callable[[Body], Body]) -> Quirk:
    return plain(name, says, on(SCIM_GROUPS, of_each(change)))


def _both(name: str, says: str, change: Callable[[Body], Body]) -> Quirk:
    return plain(name, says, on(SCIM_LISTS, of_each(change)))


def _without(name: str) -> Callable[[Body], Body]:
    return lambda resource: {key: value for key, value in resource.items() if key != name}


def _without_members(body: Body) -> Body:
    """A list of groups, or a single group, without members."""
    without = _without("members")
    if "Resources" in body:
        return body | {"Resources": [without(group) for group in body["Resources"]]}
    return without(body)


def _other_case(value: Any) -> Any:
    """The JSON with names in another letter case: the first letter in upper case, then all letters."""
    if isinstance(value, list):
        return [_other_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_recased(name): _other_case(item) for name, item in value.items()}


def _recased(name: str) -> str:
    if name.startswith("urn:"):
        return name.lower()
    return name.upper() if len(name) % 2 else name[0].upper() + name[1:]


def _booleans(value: Any, made: Callable[[bool], object]) -> Any:
    if isinstance(value, bool):
        return made(value)
    if isinstance(value, list):
        return [_booleans(item, made) for item in value]
    if isinstance(value, dict):
        return {name: _booleans(item, made) for name, item in value.items()}
    return value


def _bare_manager(resource: Body) -> Body:
    enterprise = resource.get(ENTERPRISE, {})
    if "manager" not in enterprise:
        return resource
    return resource | {ENTERPRISE: enterprise | {"manager": enterprise["manager"]["value"]}}


def _bare_emails(resource: Body) -> Body:
    return resource | {"emails": [email["value"] for email in resource.get("emails", [])]}


def _old_enterprise(resource: Body) -> Body:
    made = {name: value for name, value in resource.items() if name != ENTERPRISE}
    return made | {OLD_ENTERPRISE: resource.get(ENTERPRISE, {})}


def _flat_enterprise(resource: Body) -> Body:
    made = {name: value for name, value in resource.items() if name != ENTERPRISE}
    return made | {f"{ENTERPRISE}:{name}": value for name, value in resource.get(ENTERPRISE, {}).items()}


def _empty_elements(resource: Body) -> Body:
    """Put null, an empty text and an empty list before the elements of each list of objects."""
    return {
        name: [None, "", [], *value] if isinstance(value, list) and name != "schemas" else value
        for name, value in resource.items()
    }


def _odd_characters(resource: Body) -> Body:
    return resource | {"displayName": f"{resource.get('displayName', '')}{ODD_CHARACTERS}"}


def _deep(resource: Body) -> Body:
    deep: Any = "deep"
    for _ in range(DEPTH):
        deep = {"within": deep}
    return resource | {"deep": deep}


def _extended(resource: Body) -> Body:
    return resource | {
        "schemas": [*resource["schemas"], UNKNOWN_EXTENSION],
        UNKNOWN_EXTENSION: {"extension": "4711", "hasHeadset": True},
    }


def _only_values(resource: Body) -> Body:
    return resource | {"members": [{"value": member["value"]} for member in resource["members"]]}


def _capital_domain(resource: Body) -> Body:
    local, at, domain = resource["userName"].partition("@")
    return resource | {"userName": local + at + domain.title()}


def _relative_location(resource: Body) -> Body:
    meta = resource["meta"]
    return resource | {"meta": meta | {"location": f"/{meta['resourceType']}s/{resource['id']}"}}


def _undated(resource: Body) -> Body:
    kept = {
        name: value for name, value in resource["meta"].items() if name not in {"created", "lastModified"}
    }
    return resource | {"meta": kept}


def _frozen(directory: Directory) -> Layer:
    directory.dates_changes = False
    return lambda request, answer: answer(request)


# The order of combined quirks, the outermost first: the case of names changes last.
QUIRKS = (
    plain(
        "scim-other-case", "attribute names in another letter case", on(SCIM_LISTS, answering(_other_case))
    ),
    _both("scim-no-meta", "meta is missing", _without("meta")),
    _both(
        "scim-booleans-as-text",
        'booleans are "True" and "False"',
        lambda resource: _booleans(resource, str),
    ),
    _both("scim-booleans-as-numbers", "booleans are 1 and 0", lambda resource: _booleans(resource, int)),
    _groups("scim-groups-undated", "groups have no created and no lastModified", _undated),
    _both("scim-relative-location", "meta.location is relative", _relative_location),
    _users("scim-bare-emails", "emails are bare strings", _bare_emails),
    _users("scim-bare-manager", "manager is a bare string", _bare_manager),
    _users("scim-old-enterprise", "the enterprise extension goes by its SCIM 1.1 URN", _old_enterprise),
    _users(
        "scim-flat-enterprise",
        "attributes of the enterprise extension are flat, behind its URN",
        _flat_enterprise,
    ),
    _both("scim-empty-elements", "lists hold null, empty text and empty lists too", _empty_elements),
    _both("scim-odd-characters", "names hold NUL and half of a surrogate pair", _odd_characters),
    _both("scim-deep-attribute", f"an attribute is nested {DEPTH} levels deep", _deep),
    _groups(
        "scim-numeric-names",
        "displayName of a group is a number",
        lambda resource: resource | {"displayName": len(resource["displayName"])},
    ),
    _users("scim-unknown-extension", "users carry an extension of an unknown URN", _extended),
    _users(
        "scim-one-email",
        "only one email is kept",
        lambda resource: resource | {"emails": resource.get("emails", [])[:1]},
    ),
    _users(
        "scim-email-domain-lower",
        "an email's domain is in lower case where userName's is not",
        _capital_domain,
    ),
    _both(
        "scim-empty-external-id",
        "externalId is an empty string",
        lambda resource: resource | {"externalId": ""},
    ),
    plain(
        "scim-no-members",
        "groups come without members: unknown, not empty",
        under(f"{PATH}/Groups", answering(_without_members)),
    ),
    _groups(
        "scim-list-without-members",
        "the list of groups leaves members out; a group by itself has them",
        _without("members"),
    ),
    _groups(
        "scim-list-members-empty",
        "the list of groups says that none has members; a group by itself has them",
        lambda group: group | {"members": []},
    ),
    _groups("scim-members-only-value", "members have only a value", _only_values),
    Quirk("scim-last-modified-frozen", "lastModified never moves when a resource changes", _frozen),
)
