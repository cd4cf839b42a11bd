"""The Airbyte face (extra `airbyte`): `source-freshsales-users`, by the Airbyte protocol.

It uses the code of the tap. Each table is a stream, and sync_receipts comes last. scim_users can also be
read incrementally. A stream that fails ends with its own error. The other streams are still read, and the
run fails at the end.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteRecordMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStream,
    AirbyteStreamState,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    FailureType,
    Status,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from tap_freshsales_users.account import BY_NAME, Account, Settings
from tap_freshsales_users.errors import (
    ConfigurationError,
    CredentialRefusedError,
    NotFoundError,
    PermissionRefusedError,
    QuotaExhaustedError,
    TapError,
    UnreachableError,
    UpstreamUnavailableError,
)
from tap_freshsales_users.reading.receipt import RECEIPT_KEY, RECEIPTS
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.shaper import Record
from tap_freshsales_users.settings import SETTINGS
from tap_freshsales_users.tables.tables import TABLES

# The only stream that can be read incrementally.
INCREMENTAL, CURSOR = "scim_users", "last_modified_at"
DOCUMENTATION = "https://github.com/OWNER/tap-freshsales-users#readme"
# Errors that need another configuration; and errors that may not come again.
OF_THE_CONFIGURATION = (
    ConfigurationError,
    CredentialRefusedError,
    NotFoundError,
    PermissionRefusedError,
    UnreachableError,
)
TRANSIENT = (QuotaExhaustedError, UpstreamUnavailableError)


class SourceFreshsalesUsers(Source):  # type: ignore[misc]
    """The Airbyte source. Its configuration has the names of the tap's settings."""

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:  # noqa: ARG002
        return ConnectorSpecification(
            documentationUrl=DOCUMENTATION,
            supportsIncremental=True,
            connectionSpecification={
                "$schema": "http://json-schema.org/draft-07/schema#",
                "title": "Freshsales identities",
                "type": "object",
                "required": ["domain"],
                "additionalProperties": True,
                "properties": dict(_properties()),
            },
        )

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:  # noqa: ARG002
        try:
            with _account(config) as account:
                account.check()
        except TapError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=str(error))
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:  # noqa: ARG002
        """The streams that the credentials can read."""
        try:
            with _account(config) as account:
                names = [*account.tables, RECEIPTS]
        except TapError as error:
            raise _traced(error) from error
        return AirbyteCatalog(streams=[_stream(name) for name in names])

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        modes = {one.stream.name: one.sync_mode for one in catalog.streams}
        states = dict(_states(state))
        try:
            account = _account(config)
            _follow(account, states)
        except TapError as error:
            raise _traced(error) from error
        failures: list[TapError] = []
        with account:
            refused = dict(_refused(account, modes))
            for name, refusal in refused.items():
                logger.error("%s", refusal)
                yield _traced(refusal, name).as_airbyte_message()
                yield _status(name, AirbyteStreamStatus.INCOMPLETE)
                failures.append(refusal)
            readable = [table.name for table in TABLES if table.name in modes and table.name not in refused]
            for names in account.together(readable):
                since = None
                if names == [INCREMENTAL] and modes[INCREMENTAL] == SyncMode.incremental:
                    since = _cursor(states, account) or config.get("start_date")
                failure = yield from _read(account, names, since)
                if failure is not None:
                    logger.error("%s", failure)
                    failures.append(failure)
            if RECEIPTS in modes:
                yield _status(RECEIPTS, AirbyteStreamStatus.STARTED)
                yield _status(RECEIPTS, AirbyteStreamStatus.RUNNING)
                yield from _records(RECEIPTS, account.receipts)
                yield _state(RECEIPTS, account.bookmark)
                yield _status(RECEIPTS, AirbyteStreamStatus.COMPLETE)
        if failures:
            raise _traced(failures[0])


def _refused(account: Account, names: Iterable[str]) -> Iterator[tuple[str, TapError]]:
    """Streams of a catalog that do not exist, or whose credential is not set."""
    for name in names:
        if name != RECEIPTS:
            try:
                account.table(name)
            except TapError as error:
                yield name, error


def _read(
    account: Account, names: list[str], since: str | None
) -> Generator[AirbyteMessage, None, TapError | None]:
    """Read one list for all its streams; returns what failed."""
    for name in names:
        yield _status(name, AirbyteStreamStatus.STARTED)
    is_running, cursor = set(), since
    error: TapError | None = None
    try:
        for name, records in account.read_together(*names, since=since):
            if name not in is_running:
                is_running.add(name)
                yield _status(name, AirbyteStreamStatus.RUNNING)
            yield from _records(name, records)
            if name == INCREMENTAL:
                cursor = max(filter(None, [cursor, *(record[CURSOR] for record in records)]), default=None)
    except TapError as failure:
        error = failure
    expected = {receipt["stream"]: receipt for receipt in account.receipts}
    for name in names:
        if error is None and account.is_as_expected(name):
            bookmark = dict(account.bookmark)
            if name == INCREMENTAL and cursor is not None:
                bookmark[CURSOR] = cursor
            yield _state(name, bookmark)
            yield _status(name, AirbyteStreamStatus.COMPLETE)
            continue
        reason = expected[name]["incomplete_reason"]
        error = error or UnfinishedError(
            f"stream {name}: the list was not read whole ({reason})",
            "Run again; if it happens again, the server cannot return the whole list.",
        )
        yield _traced(error, name).as_airbyte_message()
        yield _status(name, AirbyteStreamStatus.INCOMPLETE)
    return error


class UnfinishedError(TapError):
    """A list was not read whole."""


def main() -> None:
    """The command `source-freshsales-users`."""
    launch(SourceFreshsalesUsers(), sys.argv[1:])


def _account(config: Mapping[str, Any]) -> Account:
    """The account by the configuration. Settings that Airbyte adds begin with an underscore."""
    known = {
        name: value for name, value in config.items() if not name.startswith("_") and name != "start_date"
    }
    return Account(**known)


def _follow(account: Account, states: Mapping[str, Mapping[str, Any]]) -> None:
    """Give this run a greater id than the latest run of this account in the states."""
    of_account = [state for state in states.values() if state.get("account") == account.bookmark["account"]]
    if of_account:
        account.follow(max(of_account, key=lambda state: str(state.get("sync_id"))))


def _states(states: Iterable[AirbyteStateMessage] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    for message in states or ():
        if message.stream is not None and message.stream.stream_state is not None:
            yield message.stream.stream_descriptor.name, dict(vars(message.stream.stream_state))


def _cursor(states: Mapping[str, Mapping[str, Any]], account: Account) -> str | None:
    """The cursor of this account. With one of another account, all who have not changed would be missing."""
    state = states.get(INCREMENTAL, {})
    return state.get(CURSOR) if state.get("account") == account.bookmark["account"] else None


def _properties() -> Iterator[tuple[str, dict[str, Any]]]:
    for order, name in enumerate([*Settings.__annotations__, "start_date"]):
        shape = {key: value for key, value in SETTINGS["properties"][name].items() if key != "writeOnly"}
        is_secret = shape.pop("secret", False)
        if isinstance(shape["type"], list):
            [shape["type"]] = [kind for kind in shape["type"] if kind != "null"]
        yield name, shape | ({"airbyte_secret": True} if is_secret else {}) | {"order": order}


def _stream(name: str) -> AirbyteStream:
    keys = RECEIPT_KEY if name == RECEIPTS else BY_NAME[name].keys
    can_be_incremental = name == INCREMENTAL
    return AirbyteStream(
        name=name,
        json_schema=_schema(name),
        supported_sync_modes=[SyncMode.full_refresh, *([SyncMode.incremental] if can_be_incremental else [])],
        source_defined_cursor=can_be_incremental or None,
        default_cursor_field=[CURSOR] if can_be_incremental else None,
        source_defined_primary_key=[[key] for key in keys],
        is_resumable=False,
    )


def _schema(name: str) -> dict[str, Any]:
    schema = load_schema(name)
    for shape in schema["properties"].values():
        if shape.get("format") == "date-time":
            shape["airbyte_type"] = "timestamp_with_timezone"
    return schema | {"$schema": "http://json-schema.org/draft-07/schema#", "additionalProperties": True}


def _records(name: str, records: Iterable[Record]) -> Iterator[AirbyteMessage]:
    now = time.time_ns() // 1_000_000
    for record in records:
        yield AirbyteMessage(
            type=Type.RECORD, record=AirbyteRecordMessage(stream=name, data=record, emitted_at=now)
        )


def _state(name: str, state: Mapping[str, Any]) -> AirbyteMessage:
    return AirbyteMessage(
        type=Type.STATE,
        state=AirbyteStateMessage(
            type=AirbyteStateType.STREAM,
            stream=AirbyteStreamState(
                stream_descriptor=StreamDescriptor(name=name), stream_state=AirbyteStateBlob(**state)
            ),
        ),
    )


def _status(name: str, status: AirbyteStreamStatus) -> AirbyteMessage:
    return as_airbyte_message(StreamDescriptor(name=name), status)


def _traced(error: TapError, stream: str | None = None) -> AirbyteTracedException:
    kind = FailureType.system_error
    if isinstance(error, OF_THE_CONFIGURATION):
        kind = FailureType.config_error
    elif isinstance(error, TRANSIENT):
        kind = FailureType.transient_error
    return AirbyteTracedException(
        message=str(error),
        internal_message=error.reason,
        failure_type=kind,
        stream_descriptor=None if stream is None else StreamDescriptor(name=stream),
    )
