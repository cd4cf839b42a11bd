"""Users of the CRM: all roles of a person, in whichever form a server gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_freshsales_users.records.coercion import UncoercibleError, to_integer
from tap_freshsales_users.records.shaper import Record, Shaper, keep

# Each may hold one id, several ids, or objects with id and name.
ROLE_ATTRIBUTES = ("role_id", "role_ids", "roles")


def fill_roles(item: Mapping[str, Any], record: Record, shaper: Shaper) -> None:
    """Fill `roles`, in the order of the attributes, and `role_id` with the first role.

    If an attribute holds more than ids and names, or something else, it is also kept in
    `additional_attributes`.
    """
    roles: dict[int, Record] = {}
    told = [(name, value) for name in ROLE_ATTRIBUTES if (value := item.get(name)) is not None]
    for attribute, value in told:
        for element in shaper.elements(value) if isinstance(value, list) else [value]:
            role, is_all = _role(element)
            if role is None:
                shaper.refuse("role_id")
                is_all = False
            elif "name" in role:
                known = roles.setdefault(role["id"], role)
                is_all = is_all and known.setdefault("name", role["name"]) == role["name"]
            else:
                roles.setdefault(role["id"], role)
            if not is_all:
                keep(record, attribute, value)
    if told:
        shaper.put(record, "roles", list(roles.values()))
    shaper.put(record, "role_id", next(iter(roles), None))


def _role(element: Any) -> tuple[Record | None, bool]:
    """The role, or None without an id; and whether the role holds all that the element holds."""
    if not isinstance(element, dict):
        return _with_id(element), True
    name = element.get("name")
    is_named = isinstance(name, str) and bool(name.strip())
    is_all = all(
        value is None or key == "id" or (key == "name" and is_named) for key, value in element.items()
    )
    role = _with_id(element.get("id"))
    return (role | {"name": name}, is_all) if role is not None and is_named else (role, is_all)


def _with_id(value: Any) -> Record | None:
    try:
        return {"id": to_integer(value)}
    except UncoercibleError:
        return None
