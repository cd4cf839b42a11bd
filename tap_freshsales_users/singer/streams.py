"""The Singer streams: one for each table, and the receipts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from singer_sdk import Tap
from singer_sdk.mapper import SameRecordTransform, StreamMap
from singer_sdk.singerlib import Catalog

from tap_freshsales_users.api.surface import KINDS
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.receipt import (
    MAPPED,
    RECEIPT_KEY,
    RECEIPTS,
    Delivery,
    Receipt,
    population_sha256,
)
from tap_freshsales_users.reading.sent import Sent
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.shaper import Record
from tap_freshsales_users.session import Session
from tap_freshsales_users.singer.incremental import starting_moment
from tap_freshsales_users.singer.sdk import PageStream
from tap_freshsales_users.tables.feed import fill
from tap_freshsales_users.tables.rows import Rows
from tap_freshsales_users.tables.tables import Table


class TableStream(PageStream):
    """The stream of one table. The run opens it, writes the pages of a read, and closes it."""

    def __init__(self, tap: Tap, session: Session, table: Table) -> None:
        super().__init__(tap, table.schema(), table.name)
        self.table = table
        self.session = session
        self.primary_keys = table.keys
        self.sent = Sent(table.keys)

    @property
    def selected_by_default(self) -> bool:  # type: ignore[override]
        """Whether its credential is set. If no credential is set at all, a catalog selects all streams."""
        config = self.config
        has_none = not any(config.get(kind.credential_setting) for kind in KINDS)
        return has_none or bool(config.get(self.table.source.setting))

    @property
    def is_wanted(self) -> bool:
        """No selection switches on what a setting switches off."""
        return self.selected and self.table.is_on(self.config)

    @cached_property
    def rows(self) -> Rows:
        """What makes the records of this table; made for the columns that are selected."""
        return self.session.rows(self.table, self.columns)

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Record]:  # noqa: ARG002
        """For the SDK's own `sync`: a read for this table only."""
        if not self.table.is_on(self.config):
            return
        self.__dict__.pop("rows", None)  # the tests of the SDK sync a stream more than once
        read = self.session.read(self.table.source, name=self.name, since=lambda: starting_moment(self))
        with fill(read, [self.rows], lambda _, outcome: self.conclude(outcome)) as pages:
            for _, records in pages:
                yield from records

    def conclude(self, outcome: Outcome) -> Receipt:
        """Make the receipt of this table, after its last record."""
        counts = self.rows.counts
        self.is_sent_whole = outcome.is_complete and self.records_sent == counts.records
        return self.session.issue(self.name, outcome, counts, self._delivery(outcome))

    def _delivery(self, outcome: Outcome) -> Delivery:
        """What stream maps left out or changed. The rows in the warehouse cannot tell that."""
        alias = self.primary_map.stream_alias
        if alias != self.name:
            return Delivery(0, population_sha256([]), f"{MAPPED}: a stream map sends it as {alias}")
        if self.is_sent_unchanged:
            return Delivery(self.records_sent, outcome.population_sha256)
        is_known = outcome.population_sha256 is not None
        population = self.sent.population_sha256() if is_known else None
        return Delivery(self.records_sent, population, self.sent.reason)


class ReceiptStream(PageStream):
    """The receipts of the run. It is the last stream, and sends no request."""

    def __init__(self, tap: Tap, session: Session) -> None:
        super().__init__(tap, load_schema(RECEIPTS), RECEIPTS)
        self.session = session
        self.primary_keys = RECEIPT_KEY

    def apply_catalog(self, catalog: Catalog) -> None:
        """Ignore the catalog: without receipts, or one of their columns, nothing can be verified."""

    @property
    def stream_maps(self) -> list[StreamMap]:
        """No stream map changes receipts."""
        return [SameRecordTransform(self.name, self.schema, self.primary_keys, flattening_options=None)]

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Record]:  # noqa: ARG002
        for receipt in self.session.receipts.values():
            record = receipt.to_record()
            yield {name: record[name] for name in self.columns}
