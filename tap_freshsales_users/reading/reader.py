"""From questions to items: one list read page by page, malformed answers asked for again."""

from __future__ import annotations

import logging
from codecs import BOM_UTF8
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.api.quota_gate import Gate
from tap_freshsales_users.api.transport import (
    BAD_REQUEST,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    OK,
    Answer,
    Query,
    Tally,
    Transport,
)
from tap_freshsales_users.api.workers import Workers
from tap_freshsales_users.errors import (
    NotFoundError,
    RequestRefusedError,
    UpstreamMalformedError,
    UpstreamUnavailableError,
)
from tap_freshsales_users.reading.in_flight import read_pages
from tap_freshsales_users.reading.progress import Progress
from tap_freshsales_users.reading.walk import Ask, Page, RefusedError, Walk
from tap_freshsales_users.records.coercion import UncoercibleError, is_nothing, to_integer, to_string
from tap_freshsales_users.records.document import parse
from tap_freshsales_users.records.loadable import clean
from tap_freshsales_users.records.spelling import ERROR, LIST_RESPONSE, spell_resource

Item = dict[str, Any]


class MalformedError(Exception):
    """The answer is not what the API sends; `args[0]` says in which way. Asking again may help."""


class WebPageError(MalformedError):
    """The answer is HTML, such as a login form."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The items of one answer, and what the walk needs to know of it."""

    items: list[Item]
    page: Page
    # Whether the list was left out or null, as some servers do with an empty one.
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
    """REST: `{"users": [...], "meta": {"total": n}}`, `meta` optional."""

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
    """REST: `{"user": {...}}`, as a list of one; under another name, or bare, where it has an `email`."""

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
    """`scimType` of a SCIM Error (RFC 7644 section 3.12), or nothing."""
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


def _without_contradiction(ask: Ask, parsed: Parsed) -> Parsed:
    """Nothing where the total says that something is: half an answer, not an empty page."""
    first = int(ask.params.get("startIndex", ask.params.get("page", 1)))
    is_within = first <= (parsed.page.total or 0) if "startIndex" in ask.params else first == 1
    if parsed.is_list_absent and parsed.page.total and is_within:
        raise MalformedError("an answer that counts records and brings none")
    return parsed


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


class PageReader:
    """Reads the list at `path` by a walk."""

    def __init__(
        self,
        transport: Transport,
        *,
        stream: str,
        path: str,
        walk: Walk,
        parse: Callable[[Answer], Parsed],
        tally: Tally,
        workers: Workers,
        gate: Gate,
        clock: Clock,
        logger: logging.Logger,
        first_attempts: int | None = None,
    ) -> None:
        self.walk = walk
        self._transport = transport
        self._stream = stream
        self._path = path
        self._parse = parse
        self._tally = tally
        self._workers = workers
        self._first_attempts = first_attempts
        self._progress = Progress(stream, walk, gate, clock, logger)
        self.first_url: str | None = None

    def pages(self) -> Iterator[list[Item]]:
        """Items not met before, a page at a time; raises TapError.

        NotFoundError is a 404 or 501 in place of the first page: what it means is the caller's to say.
        """
        for items in read_pages(self.walk, self._fetch, self._take, self._workers):
            self._progress.page_taken()
            if items:
                yield items

    def _query(self, ask: Ask) -> Query:
        return Query(self._stream, self._path, ask.params, ask.page)

    def _is_first(self, ask: Ask) -> bool:
        return ask.page == 1 and self.walk.current.number == 1

    def _fetch(self, ask: Ask) -> Answer:
        query = self._query(ask)
        if self.first_url is None:
            self.first_url = query.relative_url
        return self._transport.get(query, self._tally, max_attempts=self._most_attempts(ask))

    def _most_attempts(self, ask: Ask) -> int | None:
        return self._first_attempts if self._is_first(ask) else None

    def _take(self, ask: Ask, answer: Answer) -> list[Item]:
        is_not_there = answer.status in {NOT_FOUND, NOT_IMPLEMENTED} and self._is_first(ask)
        if is_not_there and self.walk.ask_unpaged(ask):
            return []  # it may be paging that is not there
        parsed = self._understood(ask, answer)
        try:
            fresh = self.walk.feed(ask, parsed.page)
        except RefusedError as refused:
            kind = f"400, {refused}" if str(refused) else "400"
            raise RequestRefusedError(
                f"{self._transport.where(self._query(ask))}: the server refused the request ({kind})",
                "It does not page as the documents say: lower `page_size`, or report what it answers.",
            ) from None
        return parsed.items if len(fresh) == len(parsed.items) else [parsed.items[index] for index in fresh]

    def _understood(self, ask: Ask, answer: Answer) -> Parsed:
        query = self._query(ask)
        while True:
            if answer.status == NOT_FOUND and ask.page > 1:
                return Parsed([], Page([], is_missing=True))
            if answer.status == BAD_REQUEST or (
                answer.status == NOT_IMPLEMENTED and self.walk.is_unpaged and ask.page > 1
            ):
                return Parsed([], Page([], refused=scim_type(answer)))
            if answer.status != OK:
                self._not_there(query, answer, is_first=self._is_first(ask))
            try:
                return _without_contradiction(ask, self._parse(answer))
            except MalformedError as problem:
                if isinstance(problem, WebPageError) and self._is_first(ask):
                    raise UpstreamMalformedError(
                        f"{self._transport.where(query)}: the answer is a web page, such as a login form",
                        "That is how a wrong host answers: check `domain`, or the override URL of this "
                        "surface.",
                    ) from None
                what = str(problem)
            most = self._most_attempts(ask) or self._transport.max_attempts
            if answer.attempts >= most:
                raise UpstreamMalformedError(
                    f"{self._transport.where(query)}: {what}, attempt {answer.attempts} of {most}",
                    "Run again later; if it stays, the server is not the API that `domain` promises.",
                )
            self._transport.back_off(query, what, answer.attempts)
            answer = self._transport.get(query, self._tally, attempts=answer.attempts, max_attempts=most)

    def _not_there(self, query: Query, answer: Answer, *, is_first: bool) -> NoReturn:
        where = self._transport.where(query)
        if is_first:
            raise NotFoundError(
                f"{where}: not found ({answer.status})", self._transport.surface.not_found_remedy
            )
        raise UpstreamUnavailableError(
            f"{where}: the server answered {answer.status}",
            "The list was there a moment ago: run again later.",
        )
