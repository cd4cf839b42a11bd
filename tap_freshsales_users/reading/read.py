"""A read: one list of one surface, read to its end.

It yields pages of items, each item once, and ends in an `Outcome`. It knows no tables and no Singer SDK.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tap_freshsales_users.api.api import Api
from tap_freshsales_users.api.surface import Kind
from tap_freshsales_users.api.transport import Answer
from tap_freshsales_users.api.workers import Workers
from tap_freshsales_users.errors import (
    NotFoundError,
    PermissionRefusedError,
    TapError,
    UpstreamMalformedError,
    UpstreamUnavailableError,
)
from tap_freshsales_users.reading.answers import Item, Parsed
from tap_freshsales_users.reading.evidence import NONE, End
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.people import People
from tap_freshsales_users.reading.progress import Progress
from tap_freshsales_users.reading.progress_bar import draw
from tap_freshsales_users.reading.reader import PageReader
from tap_freshsales_users.reading.receipt import ABSENT, UNREADABLE, population_sha256
from tap_freshsales_users.reading.walk import Walk
from tap_freshsales_users.reading.walk_single import SingleWalk

# Errors of one endpoint; the other endpoints of the surface may work.
OF_ONE_ENDPOINT = (PermissionRefusedError, UpstreamMalformedError, UpstreamUnavailableError)
BROKEN_OFF = End(None, NONE, is_complete=False)


@dataclass(frozen=True, slots=True)
class Source:
    """A list of the API: where it is, how it is paged, and what it means if it is not there."""

    name: str
    surface: Kind
    path: str
    parse: Callable[[Answer], Parsed]
    # Makes the walk for a number of records on a page.
    walk: Callable[[int], Walk]
    # The parameters that ask for one record only.
    one_record: dict[str, str | int] = field(hash=False)
    # The most attempts for its first page; None: as many as the settings allow.
    first_attempts: int | None = None
    # Whether an account may lack the list (404, 501).
    is_optional: bool = False
    # Whether the run goes on without the list, even if this endpoint fails.
    is_dispensable: bool = False
    # Whether every account has such records. If the list is empty, the credential may have lost its rights.
    is_never_empty: bool = False

    @property
    def setting(self) -> str:
        """The setting that holds its credential."""
        return self.surface.credential_setting

    def can_do_without(self, error: TapError) -> bool:
        """Whether the run goes on after this error. It never does so without its credential or its quota."""
        return self.is_dispensable and isinstance(error, OF_ONE_ENDPOINT)


@dataclass(slots=True)
class Known:
    """What one read has learned, and another read or a receipt needs."""

    # The CRM id of the user whose API key is used.
    read_as: int | None = None
    # Ids of the groups that users name, each with the ids of the users whom it must list.
    named_groups: dict[str, set[str]] = field(default_factory=dict)
    # Of which owners is asked what they own; None where that is not asked.
    people: People | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """The answer to a single request: its items, and the total that the server gives."""

    items: list[Item]
    total: int | None


class Read:
    """Reads a source once.

    `name` stands in errors and in the log. `since` returns the moment to filter by (RFC 3339), or None.
    """

    def __init__(
        self,
        source: Source,
        api: Api,
        known: Known,
        *,
        name: str,
        page_size: int,
        logger: logging.Logger,
        since: Callable[[], str | None] = lambda: None,
        draws_progress: bool = False,
    ) -> None:
        self.source = source
        self.name = name
        # The transport counts each request that is sent.
        self.api_requests = 0
        self._api = api
        self._known = known
        self._page_size = page_size
        self._logger = logger
        self._since = since
        self._draws_progress = draws_progress
        self._walk: Walk | None = None
        self._request: str | None = None
        self._started_at = datetime.now(UTC)
        # How the read ended. Before that: not complete, without a reason.
        self.outcome = Outcome(self._started_at, self._started_at)

    def pages(self) -> Generator[list[Item], None, None]:
        """The items, a page at a time; call it once. Raises TapError, unless the run can do without the list.

        `outcome` is set as soon as the generator ends, fails or is closed.
        """
        self._started_at = datetime.now(UTC)
        end, is_ended = BROKEN_OFF, False
        try:
            for items in self._items():
                if self._known.people is not None:
                    self._known.people.meet(self.source.name, items)
                yield items
            end, is_ended = self._end(), True
        except NotFoundError as error:
            end = _not_read(ABSENT if self.source.is_optional else f"failed: {error.reason}")
            if not self.source.is_optional:
                raise
            self._logger.info("The account has no %s (404 or 501).", self.name)
        except TapError as error:
            if not self.source.can_do_without(error):
                end = _not_read(f"failed: {error.reason}")
                raise
            end = _not_read(f"{UNREADABLE}: {error.reason}")
            self._logger.warning("%s The run goes on without it.", error)
        finally:
            self.outcome = self._make_outcome(end, is_ended=is_ended)
            if self._known.people is not None:
                self._known.people.note_end(self.source.name, is_whole=self.outcome.is_complete)

    def probe(self) -> Probe:
        """Send one request, for one record; raises TapError."""
        walk = SingleWalk(dict(self.source.one_record))
        return Probe([item for page in self._reader(walk).pages() for item in page], walk.total)

    # -- what a subclass may change

    @property
    def _is_incremental(self) -> bool:
        return False

    @property
    def _parts_unknown(self) -> str | None:
        return None

    def _items(self) -> Iterator[list[Item]]:
        yield from self._follow(self._reader(self.source.walk(self._page_size)))

    def _end(self) -> End:
        end = None if self._walk is None else self._walk.end
        return end or End(None, NONE, is_complete=False, reason="failed: no end was found")

    # -- what subclasses use

    def _reader(
        self,
        walk: Walk,
        *,
        first_attempts: int | None = None,
        path: str | None = None,
        parse: Callable[[Answer], Parsed] | None = None,
        body: bytes | None = None,
        workers: Workers | None = None,
    ) -> PageReader:
        api = self._api
        return PageReader(
            api.transport(self.source.surface),
            stream=self.name,
            path=path or self.source.path,
            walk=walk,
            parse=parse or self.source.parse,
            tally=self,
            workers=workers or api.workers,
            body=body,
            first_attempts=first_attempts or self.source.first_attempts,
        )

    def _follow(self, reader: PageReader) -> Iterator[list[Item]]:
        """The pages of this reader. Its walk gives the outcome."""
        self._walk = walk = reader.walk
        quota_gate = self._api.quota_gate
        pages = Progress(self.name, walk, quota_gate, self._api.clock, self._logger).watch(reader.pages())
        if self._draws_progress:
            pages = draw(self.name, walk, quota_gate, pages)
        try:
            for items in pages:
                if items:
                    yield items
        finally:
            self._request = reader.first_url or self._request
        if self.source.is_never_empty and walk.end is not None and walk.end.is_complete and not walk.met:
            self._logger.warning(
                "%s: the list is empty. If there were people before, the credential may have lost its "
                "rights: check it before you treat anybody as removed.",
                self.name,
            )
        self._logger.info("%s: %s.", self.name, walk.manner)

    def _make_outcome(self, end: End, *, is_ended: bool) -> Outcome:
        walk = self._walk
        return Outcome(
            self._started_at,
            datetime.now(UTC),
            is_complete=end.is_complete,
            reason=end.reason,
            evidence=end.evidence,
            consistency=end.consistency,
            duplicates=0 if walk is None else walk.seen.duplicates,
            total_first=None if walk is None else walk.total_first,
            total=None if walk is None else walk.total,
            population_sha256=population_sha256(map(str, walk.met))
            if walk is not None and is_ended
            else None,
            request=self._request,
            api_requests=self.api_requests,
            passes=0 if walk is None else walk.passes,
            is_incremental=self._is_incremental,
            parts_unknown=self._parts_unknown,
        )


def _not_read(reason: str) -> End:
    return End(None, NONE, is_complete=False, reason=reason)
