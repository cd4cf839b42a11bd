"""Users of the CRM: all the roles of a person, however a server tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_freshsales_users.records.coercion import UncoercibleError, to_integer
from tap_freshsales_users.records.shaper import Record, Shaper, keep

# One id, several ids, or objects with id and name; any of them may be alone or in a list.
ROLE_ATTRIBUTES = ("role_id", "role_ids", "roles")


def fill_roles(item: Mapping[str, Any], record: Record, shaper: Shaper) -> None:
    """`roles` in the order of first mention, and the first one as `role_id`.

    An attribute that says more than ids and names, or something else, is kept whole in
    `additional_attributes` as well.
    """
    roles: dict[int, Record] = {}
    told = {name: item[name] for name in ROLE_ATTRIBUTES if item.get(name) is not None}
    for attribute, value in told.items():
        for element in shaper.elements(value) if isinstance(value, list) else [value]:
            role, is_all = _role(element)
            if role is None:
                shaper.refuse("role_id")
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
    """The role, if there is an id, and whether it says all that the element says."""
    more: Mapping[str, Any] = element if isinstance(element, dict) else {"id": element}
    name = more.get("name")
    is_named = isinstance(name, str) and bool(name.strip())
    is_all = all(value is None or key == "id" or (key == "name" and is_named) for key, value in more.items())
    try:
        role: Record = {"id": to_integer(more.get("id"))}
    except UncoercibleError:
        return None, False
    return role | ({"name": name} if is_named else {}), is_all
