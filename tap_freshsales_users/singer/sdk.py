"""The code that uses private methods of the SDK, and why.

- `Stream._write_schema_message`, `_write_starting_replication_value`, `_increment_stream_state`,
  `_write_state_message`, `_write_batch_message`, `_tap`, `_stream_version`, `_initialized_at`: `open`,
  `write` and `close` call what `Stream.sync` calls. `sync` is final and pulls the records of one
  stream, but a read gives its pages to several streams. For each record, `sync` also checks the types and
  looks for deselected properties. The compiled plans of `Shaper` make that unnecessary.
- `Stream._write_activate_version_message`: the SDK sends ACTIVATE_VERSION before the records. Then a read
  that fails half way would delete everybody. Here the run sends it after a complete read.
- `Stream._finalize_state`: the SDK moves the bookmark as soon as the records are read, even if the list is
  not whole. Here the run moves it, only after a whole read.
- `Stream._write_record_message`, `_generate_record_messages`: what stream maps make of a record is
  counted.
- `Tap._validate_config`, `_config`: the SDK's messages repeat the wrong value, which may be a secret.
- `Tap._env_var_config`, `_env_var_prefix`: the SDK leaves numbers with a fraction as text. If a value is not
  a number or not JSON, it ends in a traceback that repeats the value.
- `Tap._reset_state_progress_markers`, `_handle_termination`: `Tap.sync_all` is final. It ends at the
  first failure, and exits with 0 if it is terminated.

A test compares these with the SDK release in use.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Any, cast

import orjson
from singer_sdk import Stream, Tap
from singer_sdk.batch import Batcher
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._batch import BatchConfig
from singer_sdk.helpers._util import utc_now
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform, StreamMap
from singer_sdk.metrics import Counter
from singer_sdk.plugin_base import JSONSchemaValidator
from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    Catalog,
    Metadata,
    MetadataMapping,
)

from tap_freshsales_users.errors import StorageError
from tap_freshsales_users.reading.sent import Sent
from tap_freshsales_users.records.shaper import Record
from tap_freshsales_users.singer.writer import BufferedWriter, record_line_parts

# The column that says which run read a row. Without it nobody can tell who is gone.
SYNC_ID = "sync_id"
PROPERTY_DEPTH = 2  # ("properties", name)


def apply_defaults(tap: Tap) -> None:
    """Fill in the settings that were not given. The SDK does so as a part of its validation."""
    schema = tap.config_jsonschema
    tap.append_builtin_config(schema)
    for _ in JSONSchemaValidator(schema).iter_errors(tap._config):  # noqa: SLF001
        pass


def read_environment(tap: Tap) -> dict[str, Any]:
    """The settings in environment variables. A value of a wrong type stays text; the validation names it."""
    schema = tap.config_jsonschema
    tap.append_builtin_config(schema)
    properties = schema["properties"]
    # These are written as JSON. Text is not, and the SDK has its own words for true and false.
    as_json = {name for name, shape in properties.items() if not _is_of_type(shape, "string", "boolean")}
    as_text = {name: {"type": "string"} if name in as_json else shape for name, shape in properties.items()}
    found = parse_environment_config({"properties": as_text}, tap._env_var_prefix)  # noqa: SLF001
    for name in as_json & found.keys():
        with suppress(orjson.JSONDecodeError):
            found[name] = orjson.loads(found[name])
    return found


def _is_of_type(shape: Mapping[str, Any], *types: str) -> bool:
    given = shape.get("type", ())
    return bool(set(types) & {given} if isinstance(given, str) else set(types) & set(given))


def reset_progress_markers(tap: Tap) -> None:
    """Do what `Tap.sync_all` does first. It is final, and one failed stream would end it."""
    tap._reset_state_progress_markers()  # noqa: SLF001


def with_free_objects(catalog: Catalog) -> Catalog:
    """The catalog without empty `properties`, so that flattening makes text of such objects."""
    changed = copy.deepcopy(catalog)
    for entry in changed.streams:
        for column in (entry.schema.properties or {}).values():
            if column.properties == {}:
                column.properties = None
    return changed


def keep_automatic(metadata: MetadataMapping, column: str) -> None:
    """Make this column one that no selection can leave out."""
    metadata["properties", column].inclusion = Metadata.InclusionType.AUTOMATIC


class PageStream(Stream):
    """A stream that is written page by page: open, write, close. The SDK's own `sync` works as well."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap, schema: dict[str, Any], name: str) -> None:
        super().__init__(tap, schema=schema, name=name)
        self.sent = Sent(self.primary_keys or ())
        # Whether the loader got all records of a whole read, perhaps under another stream name.
        self.is_sent_whole = False
        self._written_by_page: bool | None = None
        self._written = 0
        self._since_state = 0
        self._batch: list[Record] = []
        self._measures = ExitStack()
        self._counter: Counter

    @property
    def metadata(self) -> MetadataMapping:
        metadata = super().metadata
        keep_automatic(metadata, SYNC_ID)
        return metadata

    @property
    def is_incremental(self) -> bool:
        return self.replication_method == REPLICATION_INCREMENTAL

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        """The columns of this run: in the stream's schema, in the catalog's schema, and selected."""
        chosen = self.effective_schema.get("properties", {})
        return {
            name: chosen[name]
            for name in self.schema["properties"]
            if name in chosen and self.mask["properties", name]
        }

    # -- open, write, close

    def announce(self) -> None:
        """Write the SCHEMA messages of the stream, one for each stream map."""
        self._write_schema_message()

    def open(self) -> None:
        """Announce the stream, as `sync` does."""
        self.log("Beginning sync of '%s' in %s mode", self.name, self.replication_method.lower())
        self.announce()
        if self.replication_method == REPLICATION_FULL_TABLE and self.emit_activate_version_messages:
            self._stream_version = self._initialized_at // 1000
        self._counter = self._measures.enter_context(self.get_record_counter())
        self._measures.enter_context(self.get_sync_timer())
        self._write_starting_replication_value(None)

    def write(self, records: list[Record]) -> None:
        """Write one page. If the run writes BATCH files, hold it back until a file is full."""
        self._counter.increment(len(records))
        batch_config = self._batch_config
        if batch_config is None:
            self.write_page(records)
            self._note_written(records)
            if self._since_state >= self.STATE_MSG_FREQUENCY:
                self._tell_state()
            return
        self._batch += records
        while len(self._batch) >= batch_config.batch_size:
            self._write_batch(batch_config)

    def close(self, *, is_whole: bool) -> None:
        """Write what is held back, and the state if nothing failed."""
        batch_config = self._batch_config
        if batch_config is not None and self._batch:
            self._write_batch(batch_config)
        self._measures.close()
        if is_whole:
            self._tell_state()

    @property
    def _batch_config(self) -> BatchConfig | None:
        return self.get_batch_config(self.config)

    def _note_written(self, records: list[Record]) -> None:
        self._written += len(records)
        self._since_state += len(records)
        if self.is_incremental:
            for record in records:
                self._increment_stream_state(record)

    def _tell_state(self) -> None:
        self._since_state = 0
        self._write_state_message()

    def _write_batch(self, batch_config: BatchConfig) -> None:
        size = batch_config.batch_size
        records, self._batch = self._batch[:size], self._batch[size:]
        batcher = Batcher(tap_name=self.tap_name, stream_name=self.name, batch_config=batch_config)
        try:
            for manifest in batcher.get_batches(iter(records)):
                self._write_batch_message(encoding=batch_config.encoding, manifest=manifest)
        except OSError as error:
            raise StorageError(
                f"stream {self.name}: a BATCH file cannot be written ({error.strerror})",
                "Make room, or name another place in `batch_config`, and run again.",
            ) from None
        self._note_written(records)
        self._tell_state()

    # -- RECORD messages

    def write_page(self, records: list[Record]) -> None:
        """Write the RECORD messages of one page."""
        if not self.is_written_plainly:
            for record in records:
                self._write_record_message(record)
            return
        before, behind = record_line_parts(
            self.primary_map.stream_alias, self._stream_version, utc_now().isoformat()
        )
        writer = cast("BufferedWriter", self._tap.message_writer)
        writer.write_lines([before + orjson.dumps(record) + behind for record in records])
        self.state_manager.is_flushed = False

    def _write_record_message(self, record: Record) -> None:
        read = {name: record[name] for name in self.sent.watched if name in record}
        primary = None
        for message in self._generate_record_messages(record):
            self._tap.write_message(message)
            if message.stream == self.primary_map.stream_alias:
                primary = primary or message.record
        self.sent.take(read, primary)
        self.state_manager.is_flushed = False

    @property
    def primary_map(self) -> StreamMap:
        """The stream map of the stream itself; further maps make copies under other names."""
        return self.stream_maps[0]

    @property
    def is_sent_unchanged(self) -> bool:
        """Whether records are sent as they are. Stream maps do not change BATCH files."""
        return self._batch_config is not None or self.is_written_plainly

    @property
    def records_sent(self) -> int:
        return self._written if self.is_sent_unchanged else self.sent.records

    @property
    def is_written_plainly(self) -> bool:
        """Whether the SDK would send the records as they are, so that a page can be written at once.

        Stream maps, flattening and a selection within a JSON column change records.
        """
        if self._written_by_page is None:
            maps = self.stream_maps
            self._written_by_page = (
                len(maps) == 1
                and type(maps[0]) is SameRecordTransform
                and not maps[0].flattening_enabled
                and all(is_on for path, is_on in self.mask.items() if len(path) > PROPERTY_DEPTH)
            )
        return self._written_by_page

    # -- what the SDK does too early

    def _finalize_state(self, state: dict[str, Any] | None = None) -> None:
        """Do nothing here. The run does it later, if the list was read whole."""

    def version_after(self, last_run: datetime) -> None:
        """Make the version of the table greater than the last run's, even if the clock here is behind."""
        milliseconds = int(last_run.timestamp() * 1000) + 1000
        self._initialized_at = max(self._initialized_at, milliseconds)

    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Do nothing here: the SDK calls this before the first record."""

    def activate_version(self) -> None:
        """Write ACTIVATE_VERSION: the loader then treats all rows of older versions as gone."""
        if self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)
