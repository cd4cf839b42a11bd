"""Parsers: the bytes of an answer become the items of a page, and what the walk needs to know.

Each parser raises MalformedError if the answer is not what the API sends.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from tap_freshsales_users.api.transport import Answer, MalformedError
from tap_freshsales_users.reading.page import Page
from tap_freshsales_users.records.coercion import UncoercibleError, is_nothing, to_integer, to_string
from tap_freshsales_users.records.document import parse
from tap_freshsales_users.records.loadable import clean
from tap_freshsales_users.records.spelling import ERROR, LIST_RESPONSE, spell_resource

Item = dict[str, Any]


class WebPageError(MalformedError):
    """The answer is HTML, such as a login form."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The items of one answer, and what the walk needs to know about it."""

    items: list[Item]
    page: Page
    # Whether the list is left out or null. Some servers do so if it is empty.
    is_list_absent: bool = False


def load(answer: Answer) -> Any:
    """The body as JSON, whatever its media type says; raises MalformedError."""
    try:
        return parse(answer.body)
    except ValueError:
        start = answer.body.removeprefix(BOM_UTF8).lstrip()[:1]
        if not start:
            raise MalformedError("an empty body") from None
        if start == b"<" or "html" in answer.content_type.lower():
            raise WebPageError("a web page in place of JSON") from None
        raise MalformedError("a body that is not JSON") from None


def parse_selector(top_level_key: str) -> Callable[[Answer], Parsed]:
    """REST: `{"users": [...], "meta": {"total": n}}`; `meta` is optional."""

    def read(answer: Answer) -> Parsed:
        document = load(answer)
        if not isinstance(document, dict) or top_level_key not in document:
            raise MalformedError(f"JSON without a list `{top_level_key}`")
        items = _list(document, top_level_key)
        meta = document.get("meta")
        total = _integer(meta.get("total")) if isinstance(meta, dict) else None
        page = Page([_key(item, to_integer) for item in items], total)
        return Parsed(items, page, is_list_absent=document[top_level_key] is None)

    return read


def parse_object(top_level_key: str) -> Callable[[Answer], Parsed]:
    """REST: `{"user": {...}}`, as a list of one. An object with an `email` may have another name, or none."""

    def read(answer: Answer) -> Parsed:
        document = load(answer)
        if not isinstance(document, dict):
            raise MalformedError("JSON that is no object")
        item = document.get(top_level_key)
        if not isinstance(item, dict):
            item = next((one for one in (document, *document.values()) if _is_person(one)), None)
        if item is None:
            raise MalformedError(f"JSON without an object `{top_level_key}`")
        return Parsed([item], Page([_key(item, to_integer)]))

    return read


def _is_person(found: Any) -> bool:
    return isinstance(found, dict) and "id" in found and "email" in found


def parse_list_response(answer: Answer) -> Parsed:
    """SCIM ListResponse (RFC 7644 section 3.4.2), attribute names in any letter case."""
    document = LIST_RESPONSE.spell(load(answer))
    if not isinstance(document, dict):
        raise MalformedError("JSON that is no ListResponse")
    total = _integer(document.get("totalResults"))
    if "Resources" not in document and total is None:
        raise MalformedError("JSON without a list `Resources`")
    items = [spell_resource(item) for item in _list(document, "Resources")]
    cursor = document.get("nextCursor")
    page = Page(
        [_key(item, _scim_id) for item in items],
        total,
        start_index=_integer(document.get("startIndex")),
        next_cursor=clean(cursor) if isinstance(cursor, str) else None,
    )
    return Parsed(items, page, is_list_absent=document.get("Resources") is None)


def parse_resource(answer: Answer) -> Parsed:
    """One SCIM resource, as a list of one."""
    resource = spell_resource(load(answer))
    return Parsed([resource], Page([_key(resource, _scim_id)]))


def scim_type(answer: Answer) -> str:
    """The `scimType` of a SCIM Error (RFC 7644 section 3.12); empty if there is none."""
    try:
        error = ERROR.spell(parse(answer.body))
    except ValueError:
        return ""
    found = error.get("scimType") if isinstance(error, dict) else None
    return found if isinstance(found, str) and found.isalpha() else ""


def _list(document: dict[str, Any], name: str) -> list[Any]:
    """Null is the same as an empty list (RFC 7643 section 2.5)."""
    items = document.get(name)
    if items is None:
        return []
    if not isinstance(items, list):
        raise MalformedError(f"JSON without a list `{name}`")
    return items


def _scim_id(value: object) -> str:
    return clean(to_string(value))


def _key(item: Any, coerce: Callable[[object], Hashable]) -> Hashable:
    if not isinstance(item, dict):
        raise MalformedError("items that are no objects")
    value = item.get("id")
    if is_nothing(value):
        raise MalformedError("an item without an `id`")
    try:
        return coerce(value)
    except UncoercibleError:
        # Such as an integer beyond 64 bits. No column holds it, and to change it could make two people one.
        raise MalformedError("an `id` of another kind than this API's ids") from None


def _integer(value: object) -> int | None:
    try:
        return to_integer(value)
    except UncoercibleError:
        return None
