"""Sends the questions of a walk, and turns the answers into items: one list, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import NoReturn

from tap_freshsales_users.api.transport import Answer, MalformedError, Query, Tally, Transport
from tap_freshsales_users.api.workers import Workers
from tap_freshsales_users.errors import (
    NotFoundError,
    RequestRefusedError,
    UpstreamMalformedError,
    UpstreamUnavailableError,
)
from tap_freshsales_users.reading.answers import (
    Item,
    Parsed,
    WebPageError,
    scim_type,
)
from tap_freshsales_users.reading.in_flight import read_pages
from tap_freshsales_users.reading.page import Ask, Page
from tap_freshsales_users.reading.walk import RefusedError, Walk


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
        first_attempts: int | None = None,
        body: bytes | None = None,
    ) -> None:
        self.walk = walk
        self._transport = transport
        self._stream = stream
        self._path = path
        self._parse = parse
        self._tally = tally
        self._workers = workers
        self._first_attempts = first_attempts
        self._body = body
        self.first_url: str | None = None

    def pages(self) -> Iterator[list[Item]]:
        """For each page of the walk, the items that no page had before, perhaps none; raises TapError.

        NotFoundError means 404 or 501 for the first page. The caller knows whether that is an error.
        """
        yield from read_pages(self.walk, self._fetch, self._take, self._workers)

    def _query(self, ask: Ask) -> Query:
        most = self._first_attempts if ask.is_first else None
        return Query(self._stream, self._path, ask.params, ask.page, most, self._body)

    def _fetch(self, ask: Ask) -> Answer:
        query = self._query(ask)
        if self.first_url is None:
            self.first_url = query.relative_url
        return self._transport.fetch(query, self._tally)

    def _take(self, ask: Ask, answer: Answer) -> list[Item]:
        is_not_there = answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED} and ask.is_first
        if is_not_there and self.walk.ask_unpaged(ask):
            return []  # the server may only lack paging
        query = self._query(ask)
        parsed = self._transport.parse(query, self._tally, partial(self._parse_page, ask), answer)
        try:
            fresh = self.walk.feed(ask, parsed.page)
        except RefusedError as refused:
            kind = f"400, {refused}" if str(refused) else "400"
            raise RequestRefusedError(
                f"{self._transport.where(query)}: the server refused the request ({kind})",
                "It does not page as the documents say: lower `page_size`, or report what it answers.",
            ) from None
        return parsed.items if len(fresh) == len(parsed.items) else [parsed.items[index] for index in fresh]

    def _parse_page(self, ask: Ask, answer: Answer) -> Parsed:
        """What the answer says about the page; raises TapError, or MalformedError to ask once more."""
        if answer.status == HTTPStatus.NOT_FOUND and ask.page > 1:
            return Parsed([], Page([], is_missing=True))
        if answer.status == HTTPStatus.BAD_REQUEST or (
            answer.status == HTTPStatus.NOT_IMPLEMENTED and self.walk.is_unpaged and ask.page > 1
        ):
            return Parsed([], Page([], refused=scim_type(answer)))
        if answer.status != HTTPStatus.OK:
            self._not_there(self._query(ask), answer, is_first=ask.is_first)
        try:
            return _without_contradiction(ask, self._parse(answer))
        except WebPageError:
            if not ask.is_first:
                raise
            raise UpstreamMalformedError(
                f"{self._transport.where(self._query(ask))}: the answer is a web page, such as a login form",
                "That is how a wrong host answers: check `domain`, or the override URL of this surface.",
            ) from None

    def _not_there(self, query: Query, answer: Answer, *, is_first: bool) -> NoReturn:
        where = self._transport.where(query)
        if is_first:
            raise NotFoundError(
                f"{where}: not found ({answer.status})", self._transport.surface.kind.not_found_remedy
            )
        raise UpstreamUnavailableError(
            f"{where}: the server answered {answer.status}",
            "The list was there a moment ago: run again later.",
        )


def _without_contradiction(ask: Ask, parsed: Parsed) -> Parsed:
    """Raise MalformedError if the answer has no records where its total counts some: half an answer came."""
    first = int(ask.params.get("startIndex", ask.params.get("page", 1)))
    is_within = first <= (parsed.page.total or 0) if "startIndex" in ask.params else first == 1
    if parsed.is_list_absent and parsed.page.total and is_within:
        raise MalformedError("an answer that counts records and brings none")
    return parsed
