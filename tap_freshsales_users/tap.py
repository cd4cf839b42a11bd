"""The tap: its name, its settings, its streams."""

from __future__ import annotations

from typing import Any, ClassVar

from singer_sdk import Stream

from tap_freshsales_users.command import CommandLineTap
from tap_freshsales_users.session import PACKAGE
from tap_freshsales_users.settings import SETTINGS
from tap_freshsales_users.singer.sdk import SYNC_ID, keep_automatic, with_free_objects
from tap_freshsales_users.singer.streams import ReceiptStream, TableStream
from tap_freshsales_users.tables import TABLES


class TapFreshsalesUsers(CommandLineTap):
    """Singer tap for Freshsales identities: the people who can get into the CRM.

    If a list could not be read whole, its receipt says so.
    """

    name = PACKAGE
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS

    def discover_streams(self) -> list[Stream]:
        tables = [TableStream(self, self.session, table) for table in TABLES]
        return [*tables, ReceiptStream(self, self.session)]

    @property
    def streams(self) -> dict[str, Stream]:
        """In the order of TABLES, the receipts last; the SDK would sort them by name."""
        turns = {table.name: turn for turn, table in enumerate(TABLES)}
        found = super().streams
        return {name: found[name] for name in sorted(found, key=lambda name: turns.get(name, len(turns)))}

    def setup_mapper(self) -> None:
        # The mapper reads the metadata of the catalog before the streams do.
        for entry in self.catalog.streams:
            keep_automatic(entry.metadata, SYNC_ID)
        super().setup_mapper()
        if self.mapper.flattening_options.enabled:
            self.mapper.register_raw_streams_from_catalog(with_free_objects(self.catalog))
