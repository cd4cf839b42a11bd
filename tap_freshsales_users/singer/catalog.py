"""What a catalog and stream maps can change, and warnings of what they ask for in vain.

The SDK ignores silently what a tap cannot do.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from singer_sdk import Stream, Tap

from tap_freshsales_users.reading.receipt import RECEIPTS
from tap_freshsales_users.singer.sdk import SYNC_ID, keep_automatic, with_free_objects
from tap_freshsales_users.tables.tables import TABLES


class CatalogTap(Tap):
    """A tap that keeps its streams in order, and the column `sync_id` in each, whatever a catalog selects."""

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


def warn_of_unknown_selections(tap: Tap) -> None:
    """Warn of streams and columns that do not exist, and of a missing `sync_id`."""
    for entry in tap.input_catalog.streams if tap.input_catalog else []:
        stream = tap.streams.get(entry.tap_stream_id)
        if stream is None:
            tap.logger.warning("The catalog names a stream that does not exist: %s.", entry.tap_stream_id)
            continue
        known = stream.schema["properties"]
        if SYNC_ID not in (entry.schema.properties or {}):
            tap.logger.warning(
                "The catalog leaves %s.%s out: the warehouse cannot tell who is gone.", stream.name, SYNC_ID
            )
        for column in entry.schema.properties or {}:
            if column not in known:
                tap.logger.warning(
                    "The catalog names a column that does not exist: %s.%s.", stream.name, column
                )


def warn_of_receipts(tap: Tap) -> None:
    """Warn if a catalog or a stream map leaves out receipts. They are sent always: `verify` needs them."""
    if tap.input_catalog is not None:
        entry = tap.input_catalog.get_stream(RECEIPTS)
        selection = {} if entry is None else entry.metadata.resolve_selection()
        missing = [
            column
            for column in tap.streams[RECEIPTS].schema["properties"]
            if entry is not None
            and (column not in (entry.schema.properties or {}) or not selection["properties", column])
        ]
        if not selection.get((), entry is not None):
            tap.logger.warning("The catalog leaves %s out: they are sent all the same.", RECEIPTS)
        elif missing:
            tap.logger.warning(
                "The catalog leaves columns of %s out (%s): they are sent all the same.",
                RECEIPTS,
                ", ".join(missing),
            )
    if any(fnmatchcase(RECEIPTS, pattern) for pattern in tap.config.get("stream_maps") or {}):
        tap.logger.warning("A stream map names %s: they are sent as they are.", RECEIPTS)
    maps_are_set = tap.config.get("stream_maps") or tap.mapper.flattening_options.enabled
    if tap.config.get("batch_config") and maps_are_set:
        tap.logger.warning(
            "Stream maps and flattening change no BATCH files: the Singer SDK writes records as they are."
        )
