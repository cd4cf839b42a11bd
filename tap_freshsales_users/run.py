"""One run: the reads, one after another, then the receipts and the summary.

A read that fails does not stop the next one.
"""

from __future__ import annotations

import copy
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import PurePath
from typing import cast

from singer_sdk import Tap

from tap_freshsales_users.errors import (
    Cause,
    ConfigurationError,
    Interrupted,
    OutputError,
    StorageError,
    TapError,
)
from tap_freshsales_users.reading.read import Read
from tap_freshsales_users.reading.receipt import (
    ABSENT,
    MEMBERS_UNKNOWN,
    RECEIPTS,
    SCOPE_UNKNOWN,
    UNCOUNTED,
    Receipt,
)
from tap_freshsales_users.session import Session
from tap_freshsales_users.singer.incremental import (
    bookmark_of,
    forget_other_account,
    mark_account,
    starting_moment,
)
from tap_freshsales_users.singer.sdk import reset_progress_markers
from tap_freshsales_users.singer.streams import ReceiptStream, TableStream
from tap_freshsales_users.singer.writer import BufferedWriter, leave_stdout
from tap_freshsales_users.summary import Summary
from tap_freshsales_users.tables.feed import by_source, feed

# Reasons of a receipt that mean: nothing failed, but the account does not give this stream.
NOT_GIVEN = (ABSENT, MEMBERS_UNKNOWN, SCOPE_UNKNOWN, UNCOUNTED)


@contextmanager
def private_files() -> Iterator[None]:
    """Files that are written in the body, such as BATCH files, are readable by this user only (mode 0600)."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


class Run:
    """`execute` it once. If a read fails, the run fails, but all other lists are read."""

    def __init__(self, tap: Tap, session: Session, summary: Summary) -> None:
        self._tap = tap
        self._session = session
        self._end = summary
        self._logger: logging.Logger = tap.logger

    def announce(self) -> None:
        """Write the SCHEMA messages only; raises ConfigurationError, OutputError."""
        self._check_selection()
        for stream in (*self._selected, self._receipts):
            stream.announce()
        cast("BufferedWriter", self._tap.message_writer).flush()

    def execute(self) -> None:
        """Read all selected lists; raises ConfigurationError before the first request."""
        self._check_selection()
        self._session.check_pseudonyms(bookmark_of(self._tap.state, RECEIPTS))
        self._end.sync_id = self._session.sync_id
        self._session.tell_of_last_run()
        with private_files():
            self._execute()

    def _execute(self) -> None:
        try:
            try:
                self._read_all()
            except Interrupted as interrupted:
                self._end.interrupt(interrupted)
                self._logger.error("Stopped by %s; finished streams are kept.", interrupted)  # noqa: TRY400
            self._session.api.stop()
            self._write_receipts()
        except OutputError as error:
            self._end.add(error)
            self._logger.error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
            leave_stdout()
            return
        self._summarize()

    @cached_property
    def _selected(self) -> list[TableStream]:
        streams = self._tap.streams.values()
        return [stream for stream in streams if isinstance(stream, TableStream) and stream.is_wanted]

    @property
    def _receipts(self) -> ReceiptStream:
        return cast("ReceiptStream", self._tap.streams[RECEIPTS])

    def _check_selection(self) -> None:
        names = {stream.name for stream in self._selected}
        for required in self._session.required_streams:
            if required not in names:
                raise ConfigurationError(
                    f"Stream {required} is required, but it is not selected",
                    "Select it in the catalog, or take it out of `required_streams`.",
                )
        lacking = {
            stream.table.source.setting: stream.name
            for stream in self._selected
            if not self._session.config.get(stream.table.source.setting)
        }
        for setting, name in lacking.items():
            raise ConfigurationError(
                f"Stream {name} is selected, but `{setting}` is not set",
                f"Set `{setting}`, or deselect the streams that need it in the catalog.",
            )

    def _read_all(self) -> None:
        reset_progress_markers(self._tap)
        # In the state from the start: so the next run follows this one, even if this one is killed.
        self._tap.state.setdefault("bookmarks", {})[RECEIPTS] = {
            "sync_id": self._session.sync_id,
            "account": self._session.account,
        }
        fingerprint = self._session.pseudonym_key_fingerprint
        if fingerprint is not None:
            self._tap.state["bookmarks"][RECEIPTS]["pseudonym_key_fingerprint"] = fingerprint
        self._tap.state_writer.write_state(self._tap.state)
        for stream in self._tap.streams.values():
            if isinstance(stream, TableStream) and stream not in self._selected:
                self._logger.info("Skipping deselected stream '%s'.", stream.name)
        if self._session.last_run is not None:
            for written in (*self._selected, self._receipts):
                written.version_after(self._session.last_run)
        for streams in by_source(self._selected):
            self._read(streams)

    def _read(self, streams: list[TableStream]) -> None:
        """Read the list that feeds these streams, and judge the receipts."""
        first, account = streams[0], self._session.account
        bookmarks = [copy.deepcopy(stream.stream_state) for stream in streams]
        for stream in streams:
            if stream.is_incremental:
                forget_other_account(stream, account)
        source = first.table.source
        if any(stream.name in self._session.required_streams for stream in streams):
            source = replace(source, is_dispensable=False)
        read = self._session.read(source, name=first.name, since=lambda: starting_moment(first))
        has_failed = not self._feed(read, streams)
        receipts = [self._session.receipts[stream.name] for stream in streams]
        for stream, receipt, bookmark in zip(streams, receipts, bookmarks, strict=True):
            if not receipt.is_as_expected:
                stream.stream_state.clear()
                stream.stream_state.update(bookmark)
                continue
            stream.finalize_state_progress_markers()
            if stream.is_incremental:
                mark_account(stream, account)
        for stream, receipt in zip(streams, receipts, strict=True):
            self._judge(stream, receipt, has_failed=has_failed)

    def _feed(self, read: Read, streams: list[TableStream]) -> bool:
        """Whether nothing failed. What failed is told in the log and in the summary."""
        try:
            feed(read, streams)
        except OutputError:
            raise
        except TapError as error:
            self._end.add(error)
            self._logger.error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
            return False
        except Exception as error:  # noqa: BLE001 - no failure of one read may end the others
            # The text of the error may hold a person's data. The places in the code are enough for a report.
            frames = [
                f"{PurePath(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)
            ]
            self._logger.error(  # noqa: TRY400
                "stream %s: an error in the tap itself (%s at %s). Please report it with these words.",
                read.name,
                type(error).__name__,
                " < ".join(frames[:-4:-1]),
            )
            self._end.note(Cause.INCOMPLETE)
            return False
        return True

    def _judge(self, stream: TableStream, receipt: Receipt, *, has_failed: bool) -> None:
        if stream.is_sent_whole:
            stream.activate_version()
        if has_failed:
            return  # the cause is known
        if not receipt.is_as_expected:
            self._end.note(Cause.INCOMPLETE)
            if receipt.end_evidence is not None:
                self._logger.error(
                    "stream %s: the list was not read whole (%s). This read marks nobody as removed. Run "
                    "again; if it happens again, the server cannot return the whole list.",
                    stream.name,
                    receipt.incomplete_reason,
                )
        elif _reason(receipt) in NOT_GIVEN and stream.name in self._session.required_streams:
            self._end.note(Cause.INCOMPLETE)
            self._logger.error(
                "stream %s is required, but the account does not give it (%s). Take it out of "
                "`required_streams` if it is not needed.",
                stream.name,
                receipt.incomplete_reason,
            )

    def _write_receipts(self) -> None:
        receipts, taken = self._receipts, []
        try:
            receipts.open()
            receipts.write(list(receipts.get_records(None)))
            receipts.close(is_whole=True)
            receipts.activate_version()
            taken = list(self._session.receipts.values())
        except StorageError as error:
            self._end.add(error)
            self._logger.error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
        self._tap.state_writer.write_state(self._tap.state)
        cast("BufferedWriter", self._tap.message_writer).flush()
        self._end.receipts = taken

    def _summarize(self) -> None:
        self._logger.info("Summary of run %s:", self._session.sync_id)
        for receipt in self._session.receipts.values():
            level = logging.INFO if receipt.is_as_expected else logging.ERROR
            self._logger.log(
                level,
                "%-18s %-10s %7d records, %d requests%s",
                receipt.stream,
                _outcome(receipt),
                receipt.records,
                receipt.api_requests,
                "" if receipt.is_complete else f" ({receipt.incomplete_reason})",
            )


def _outcome(receipt: Receipt) -> str:
    if receipt.is_complete:
        return "complete"
    if _reason(receipt) == ABSENT:
        return "absent"
    return "partial" if receipt.is_as_expected else "FAILED"


def _reason(receipt: Receipt) -> str:
    """The first word of the reason."""
    return (receipt.incomplete_reason or "").partition(":")[0]
