"""Gives the names of a SCIM resource the spelling and the place that RFC 7643 defines.

Names are case-insensitive at every depth (section 2.1). The enterprise extension has several URNs. Some
servers write the attributes of a schema flat, each name behind the URN. Unknown names stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# A server that invents names must not fill the memory.
MAX_SHAPES = 1000
# A server must never return it (RFC 7643 section 4.1.1). It is dropped here in every spelling.
SECRET = "password"  # noqa: S105 - a name

# A name leads to what is known about its object. A second word for an attribute leads to its first name.
Known = Mapping[str, "Known | str"]


def _known(names: str, **inner: Known | str) -> Known:
    return {name: {} for name in names.split()} | inner


_VALUES = _known("value display type primary $ref")
_ADDRESSES = _known(
    "formatted streetAddress locality region postalCode country value display type primary $ref"
)
_ENTERPRISE = _known(
    "employeeNumber costCenter organization division department",
    manager=_known("value displayName $ref", managerId="value"),  # the second one in SCIM 1.1
)
RESOURCE = _known(
    "schemas id externalId userName displayName nickName profileUrl title userType preferredLanguage locale "
    "timezone active password",
    name=_known("formatted familyName givenName middleName honorificPrefix honorificSuffix"),
    meta=_known("resourceType created lastModified location version"),
    emails=_VALUES,
    phoneNumbers=_VALUES,
    ims=_VALUES,
    photos=_VALUES,
    addresses=_ADDRESSES,
    groups=_VALUES,
    entitlements=_VALUES,
    roles=_VALUES,
    x509Certificates=_VALUES,
    members=_VALUES,
    **{ENTERPRISE_USER: _ENTERPRISE},
)
# The URNs of SCIM 1.1 are others.
_CORE = (
    r"urn:(?:ietf:params:scim:schemas:core:2\.0:(?:User|Group)|scim:schemas:core:1\.0(?::(?:User|Group))?)"
)
_EXTENSION = (
    r"urn:(?:ietf:params:scim:schemas:extension:enterprise:2\.0:User"
    r"|(?:ietf:params:)?scim:schemas:extension:enterprise:1\.0(?::User)?)"
)
_QUALIFIED = re.compile(
    rf"(?:(?P<core>{_CORE})|(?P<extension>{_EXTENSION}))(?:[:.](?P<path>.+))?", re.IGNORECASE
)


class Spelling:
    """The known names of one object, and of the objects within it."""

    def __init__(self, known: Known) -> None:
        self._known = {
            name.lower(): inner if isinstance(inner, str) else name for name, inner in known.items()
        }
        self._within = {
            name: Spelling(inner) for name, inner in known.items() if inner and not isinstance(inner, str)
        }
        # For the names of an object that needs no change: which of its values hold further objects.
        self._usual: dict[tuple[str, ...], list[tuple[str, Spelling]]] = {}

    def spell(self, value: Any) -> Any:
        """Spell an object, or each object of a list; changed in place if its own names are right."""
        if type(value) is list:
            self._spell_items(value)
            return value
        if type(value) is not dict:
            return value
        names = tuple(value)
        within = self._usual.get(names)
        if within is None:
            if not self._is_usual(names):
                return self._renamed(value)
            within = self._remember(names)
        for name, spelling in within:
            part = value[name]
            if type(part) is list:
                spelling._spell_items(part)  # noqa: SLF001 - of the same class
            elif type(part) is dict:
                value[name] = spelling.spell(part)
        return value

    def _spell_items(self, items: list[Any]) -> None:
        usual = self._usual
        for place, item in enumerate(items):
            # Nearly all items have the usual names and no further objects: then there is nothing to do.
            if type(item) is dict and usual.get(tuple(item)) != []:
                items[place] = self.spell(item)

    def _is_usual(self, names: Iterable[str]) -> bool:
        return all(self._known.get(name.lower(), name) == name for name in names) and SECRET not in names

    def _remember(self, names: tuple[str, ...]) -> list[tuple[str, Spelling]]:
        if len(self._usual) >= MAX_SHAPES:
            self._usual.clear()
        within = [(name, self._within[name]) for name in names if name in self._within]
        self._usual[names] = within
        return within

    def _renamed(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object with known names. Of several values for one name, the first that is not null counts.

        The others keep the names that they came with.
        """
        counts: dict[str, str] = {}
        for name, item in value.items():
            known = self._known.get(name.lower())
            if known is not None and (
                known not in counts or (value[counts[known]] is None and item is not None)
            ):
                counts[known] = name
        made: dict[str, Any] = {}
        for name, item in value.items():
            known = self._known.get(name.lower())
            if known is None:
                made[name] = item
            elif known == SECRET:
                continue
            elif counts[known] == name:
                made[known] = self._within[known].spell(item) if known in self._within else item
            elif item is not None:
                made[counts[known] if name == known else name] = item
        return made


class _ResourceSpelling(Spelling):
    """The names of a whole resource, whose attributes may stand behind the URN of their schema."""

    def _is_usual(self, names: Iterable[str]) -> bool:
        return super()._is_usual(names) and not any(map(_is_qualified, names))

    def _renamed(self, value: dict[str, Any]) -> dict[str, Any]:
        return super()._renamed(_unqualified(value) if any(map(_is_qualified, value)) else value)


_RESOURCE = _ResourceSpelling(RESOURCE)
LIST_RESPONSE = Spelling(_known("schemas Resources totalResults startIndex itemsPerPage nextCursor"))
ERROR = Spelling(_known("schemas status scimType detail"))


def spell_resource(resource: Any) -> Any:
    """A resource with all known names in their spelling and place. What is not an object stays as it is."""
    return _RESOURCE.spell(resource) if type(resource) is dict else resource


def _is_qualified(name: str) -> bool:
    """Whether the name begins with the URN of a schema, and is not the enterprise extension itself."""
    return ":" in name and name != ENTERPRISE_USER and _QUALIFIED.fullmatch(name) is not None


def _unqualified(resource: dict[str, Any]) -> dict[str, Any]:
    """Move attributes that stand behind the URN of their schema, or within it, to their place in the RFC.

    A value that is there already counts. Then the other value keeps the name that it came with.
    """
    matches = {name: _QUALIFIED.fullmatch(name) for name in resource}
    made = {name: value for name, value in resource.items() if matches[name] is None}
    free_name = next(name for name, match in matches.items() if match)
    for name, match in matches.items():
        if match is None:
            continue
        value = resource[name]
        schema = () if match["core"] else (ENTERPRISE_USER,)
        if match["path"]:
            path = (*schema, *match["path"].split("."))
            rest = None if _place(made, path, value) else value
        elif isinstance(value, dict):
            rest = {part: item for part, item in value.items() if not _place(made, (*schema, part), item)}
        else:
            rest = value
        if rest:
            made[free_name if name == ENTERPRISE_USER else name] = rest
    return made


def _place(target: dict[str, Any], path: tuple[str, ...], value: Any) -> bool:
    """Put a value in its place, if that is free. True if nothing of the value is left to keep elsewhere."""
    *objects, last = path
    if value is None or last.lower() == SECRET:
        return True
    for name in objects:
        there = _spelling_in(target, name)
        if target.get(there) is None:
            target[there] = {}
        target = target[there]
        if not isinstance(target, dict):
            return False
    there = _spelling_in(target, last)
    if target.get(there) is not None:
        return False
    target[there] = value
    return True


def _spelling_in(target: Mapping[str, Any], name: str) -> str:
    return next((other for other in target if other.lower() == name.lower()), name)
