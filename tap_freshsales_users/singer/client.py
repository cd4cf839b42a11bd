"""The two API surfaces as stream bases: REST selectors, and SCIM lists.

A stream reads items a page at a time by a walk over its list, makes records of them, and leaves a receipt.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from tap_freshsales_users.api.transport import Answer, Transport
from tap_freshsales_users.errors import (
    NotFoundError,
    PermissionRefusedError,
    TapError,
    UpstreamMalformedError,
    UpstreamUnavailableError,
)
from tap_freshsales_users.reading.reader import Item, PageReader, Parsed, parse_list_response, parse_selector
from tap_freshsales_users.reading.receipt import (
    ABSENT,
    MAPPED,
    UNREADABLE,
    Receipt,
    population_sha256,
    utc_text,
)
from tap_freshsales_users.reading.sent import Sent
from tap_freshsales_users.reading.walk import End, Walk
from tap_freshsales_users.reading.walk_pages import PageWalk
from tap_freshsales_users.reading.walk_scim import ScimWalk
from tap_freshsales_users.records.loadable import MAX_CELL_BYTES, MAX_DEPTH, Loadable
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.scim import LEFT_OUT, PLAIN
from tap_freshsales_users.records.shaper import ADDITIONAL_ATTRIBUTES, Record, Shaper
from tap_freshsales_users.singer.context import RunContext
from tap_freshsales_users.singer.sdk import PageStream

FULL_TABLE = "FULL_TABLE"
# What one endpoint may answer, and others of the same surface do not.
OF_ONE_ENDPOINT = (PermissionRefusedError, UpstreamMalformedError, UpstreamUnavailableError)


class FreshsalesStream(PageStream):
    """A stream of the account, with a receipt for each time it is read."""

    keys: ClassVar[tuple[str, ...]]
    # The credential that it needs.
    setting: ClassVar[str]
    # The flag whose false is counted in the receipt.
    flag: ClassVar[str | None] = None
    # Whether an account may not have it (404, 501).
    is_optional: ClassVar[bool] = False
    # Whether nothing depends on it, so that the run goes on as if it were not there, however it answers.
    is_dispensable: ClassVar[bool] = False
    # Whether an account always has some: none at all looks like a credential that lost its rights.
    is_never_empty: ClassVar[bool] = False

    def __init__(self, tap: RunContext) -> None:
        super().__init__(tap, load_schema(self.name), self.name)
        self.tap = tap
        self.primary_keys = self.keys
        self.sent = Sent(self.keys)
        # Whether the loader was handed all that a whole read brought, under whatever name.
        self.is_sent_whole = False
        # Streams that are written from the items that this one reads.
        self.followers: list[Follower] = []

    @property
    def selected_by_default(self) -> bool:  # type: ignore[override]
        """A catalog made with no credential at all selects everything; else a missing one deselects."""
        config = self.config
        has_none = not (config.get("api_key") or config.get("scim_token"))
        return has_none or bool(config.get(self.setting))

    @contextmanager
    def receipt(self) -> Iterator[Receipt]:
        """Opened before the first request and closed whatever happens; an absent list ends in quiet."""
        receipt = self.tap.open_receipt(self.name)
        try:
            yield receipt
        except NotFoundError as error:
            receipt.incomplete_reason = ABSENT if self.is_optional else f"failed: {error.reason}"
            if not self.is_optional:
                raise
            self.log("The account has no %s (404 or 501).", self.name)
        except TapError as error:
            if not self.can_do_without(error):
                receipt.incomplete_reason = f"failed: {error.reason}"
                raise
            receipt.incomplete_reason = f"{UNREADABLE}: {error.reason}"
            self.logger.warning("%s The run goes on without it.", error)
        finally:
            self.fill_counts(receipt)
            receipt.finished_at = utc_text(datetime.now(UTC))

    def can_do_without(self, error: TapError) -> bool:
        """Whether this is no failure of the run. A refused credential or a spent quota always is."""
        return self.is_dispensable and isinstance(error, OF_ONE_ENDPOINT)

    def tell_what_was_sent(self, receipt: Receipt) -> None:
        """After the last record: what stream maps left out or changed, no row of the warehouse can tell."""
        was_complete = receipt.is_complete
        alias = self.primary_map.stream_alias
        if self.is_batched or self.is_written_plainly:
            receipt.records_sent, receipt.sent_population_sha256 = receipt.records, receipt.population_sha256
            reason = None
        else:
            receipt.records_sent, reason = self.sent.records, self.sent.reason
            if receipt.population_sha256 is not None:
                receipt.sent_population_sha256 = self.sent.population_sha256()
        self.is_sent_whole = was_complete and receipt.records_sent == receipt.records
        if alias != self.name:
            receipt.records_sent, receipt.sent_population_sha256 = 0, population_sha256([])
            reason = f"{MAPPED}: a stream map sends it as {alias}"
        if was_complete and reason is not None:
            receipt.is_complete, receipt.incomplete_reason = False, reason

    @cached_property
    def shaper(self) -> Shaper:
        return Shaper(
            self.columns,
            {"account": self.tap.api.account.name, "sync_id": self.tap.sync_id},
            paths=self.paths(),
            on_failure=self._warn_of_column,
            **self.shaping(),
        )

    @abstractmethod
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Where each column comes from."""

    def shaping(self) -> dict[str, Any]:
        """What else the shaper is to know."""
        return {}

    @cached_property
    def loadable(self) -> Loadable:
        return Loadable(self.keys, self._warn_of_size)

    def fill_counts(self, receipt: Receipt) -> None:
        receipt.coercions = self.shaper.coercions
        receipt.coercion_failures = self.shaper.coercion_failures
        receipt.dropped_elements = self.shaper.dropped_elements
        receipt.replaced_characters = self.loadable.replaced_characters
        receipt.oversized_cells = self.loadable.oversized_cells
        if receipt.dropped_elements:
            self.logger.warning(
                "%s: %d elements of lists were null, empty or no objects, and were left out.",
                self.name,
                receipt.dropped_elements,
            )
        if receipt.replaced_characters:
            self.logger.warning(
                "%s: %d characters were no Unicode text or NUL, and were replaced by U+FFFD.",
                self.name,
                receipt.replaced_characters,
            )

    def _warn_of_column(self, column: str) -> None:
        self._warn_once(
            f"Column {column} of {self.name}: a value of another type came, and was kept in "
            f"{ADDITIONAL_ATTRIBUTES}."
        )

    def _warn_of_size(self, column: str) -> None:
        self._warn_once(
            f"Column {column} of {self.name}: a value is too large to load (more than "
            f"{MAX_CELL_BYTES // 1024**2} MiB) or too deep (more than {MAX_DEPTH} levels), and was left out."
        )

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self.logger.warning(message)

    @cached_property
    def _warned(self) -> set[str]:
        return set()


class Follower(FreshsalesStream):
    """A stream without a request of its own: written while the items of another one pass."""

    @abstractmethod
    def begin(self) -> None: ...

    @abstractmethod
    def take(self, items: list[Item]) -> None:
        """Write what these hold."""

    @abstractmethod
    def finish(self, leader: Receipt) -> None:
        """Write what is left, and close the receipt with what the leader's says of the read."""


class ListStream(FreshsalesStream):
    """A stream read from one list of the API."""

    path: ClassVar[str]
    # How often its first page is asked for at the most; None as the settings say.
    first_attempts: ClassVar[int | None] = None

    @property
    @abstractmethod
    def transport(self) -> Transport: ...

    @abstractmethod
    def walk(self) -> Walk: ...

    @abstractmethod
    def parser(self) -> Callable[[Answer], Parsed]: ...

    def get_pages(self) -> Iterator[list[Record]]:
        with self.receipt() as receipt:
            for follower in self.followers:
                follower.begin()
            for items in self.items(receipt):
                records = [self.record(item) for item in items]
                self.loadable.make(records)
                yield records
                self.count(receipt, records)
                for follower in self.followers:
                    follower.take(items)

    def items(self, receipt: Receipt) -> Iterator[list[Item]]:
        """The whole list a page at a time, each item once; the receipt is filled in by the end."""
        yield from self.read(self.reader(self.walk(), receipt), receipt)

    def record(self, item: Item) -> Record:
        return self.shaper.shape(item)

    def reader(
        self,
        walk: Walk,
        receipt: Receipt,
        first_attempts: int | None = None,
        path: str | None = None,
        parse: Callable[[Answer], Parsed] | None = None,
    ) -> PageReader:
        api = self.tap.api
        return PageReader(
            self.transport,
            stream=receipt.stream,
            path=path or self.path,
            walk=walk,
            parse=parse or self.parser(),
            tally=receipt,
            workers=api.workers,
            gate=api.gate,
            clock=api.clock,
            logger=self.logger,
            first_attempts=first_attempts or self.first_attempts,
        )

    def read(self, reader: PageReader, receipt: Receipt) -> Iterator[list[Item]]:
        walk = reader.walk
        try:
            yield from reader.pages()
            receipt.population_sha256 = population_sha256(str(key) for key in walk.met)
            self._conclude(receipt, walk)
        finally:
            receipt.request = reader.first_url or receipt.request
            receipt.passes = walk.passes
            receipt.duplicates_dropped = walk.duplicates
            receipt.source_total_first, receipt.source_total = walk.total_first, walk.total

    def count(self, receipt: Receipt, records: list[Record]) -> None:
        receipt.records += len(records)
        if self.flag is not None and self.flag in self.columns:
            inactive = sum(record[self.flag] is False for record in records)
            receipt.inactive_records = (receipt.inactive_records or 0) + inactive

    def _conclude(self, receipt: Receipt, walk: Walk) -> None:
        end = walk.end or End(None, "none", is_complete=False, reason="failed: no end was found")
        receipt.end_evidence, receipt.consistency = end.evidence, end.consistency
        receipt.is_complete, receipt.incomplete_reason = end.is_complete, end.reason
        if self.is_never_empty and end.is_complete and not walk.met:
            self.logger.warning(
                "%s: the list is empty. Where there were people before, the credential may have lost its "
                "rights: check it before anybody is taken for gone.",
                self.name,
            )
        self.logger.info("%s: %s.", self.name, walk.manner)


class RestStream(ListStream):
    """A selector of the REST API: `{top_level_key: [...]}`."""

    setting = "api_key"
    keys = ("account", "id")
    top_level_key: ClassVar[str]

    @property
    def transport(self) -> Transport:
        return self.tap.api.rest

    def walk(self) -> Walk:
        return PageWalk(self.config["page_size"])

    def parser(self) -> Callable[[Answer], Parsed]:
        return parse_selector(self.top_level_key)

    def paths(self) -> Mapping[str, tuple[str, ...]]:
        made_here = {"account", "sync_id", ADDITIONAL_ATTRIBUTES}
        return {column: (column,) for column in self.schema["properties"] if column not in made_here}


class ScimStream(ListStream):
    """A list of SCIM resources (RFC 7644 section 3.4.2)."""

    setting = "scim_token"
    keys = ("account", "id")

    @property
    def transport(self) -> Transport:
        return self.tap.api.scim

    def walk(self) -> Walk:
        return ScimWalk(self.config["page_size"])

    def parser(self) -> Callable[[Answer], Parsed]:
        return parse_list_response

    def shaping(self) -> dict[str, Any]:
        return {"left_out": LEFT_OUT, "plain": PLAIN}
