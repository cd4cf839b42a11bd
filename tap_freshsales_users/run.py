"""One run: every selected stream in turn, each on its own, then the receipts and the summary."""

from __future__ import annotations

import copy
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

from tap_freshsales_users.errors import ConfigurationError, Interrupted, OutputError, TapError
from tap_freshsales_users.reading.receipt import ABSENT, Receipt
from tap_freshsales_users.singer.client import Follower, FreshsalesStream
from tap_freshsales_users.singer.context import RunContext
from tap_freshsales_users.singer.incremental import forget_other_account, mark_account
from tap_freshsales_users.singer.sdk import PageStream, reset_progress_markers
from tap_freshsales_users.singer.streams import FOLLOWS, SyncReceipts
from tap_freshsales_users.singer.writer import leave_stdout

SIGNAL_EXIT_BASE = 128


@contextmanager
def private_files() -> Iterator[None]:
    """What is written meanwhile, BATCH files, is for this user's eyes alone (mode 0600)."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


class Run:
    """`execute` once. A stream that fails keeps no other from being read; it fails the run."""

    def __init__(self, tap: RunContext) -> None:
        self._tap = tap
        self._logger: logging.Logger = tap.logger
        self._exit_code = 0

    def execute(self) -> int:
        """The exit code: 0, 1 where something was not read, 128 + signal where the run was stopped.

        Raises ConfigurationError, before anything is sent.
        """
        self._check_credentials()
        self._tap.tell_of_last_run()
        with private_files():
            return self._execute()

    def _execute(self) -> int:
        try:
            try:
                self._read_streams()
            except Interrupted as interrupted:
                self._exit_code = SIGNAL_EXIT_BASE + interrupted.signum
                for receipt in self._tap.receipts.values():
                    if not receipt.is_complete and receipt.incomplete_reason is None:
                        receipt.incomplete_reason = f"failed: {interrupted}"
                self._logger.error("Stopped by %s; what was finished stays finished.", interrupted)  # noqa: TRY400
            self._tap.api.stop()
            self._write_receipts()
        except OutputError as error:
            self._logger.error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
            leave_stdout()
            return 1
        self._summarize()
        return self._exit_code

    def _check_credentials(self) -> None:
        lacking = {
            stream.setting: stream.name
            for stream in self._selected()
            if isinstance(stream, FreshsalesStream) and not self._tap.config.get(stream.setting)
        }
        for setting, name in lacking.items():
            raise ConfigurationError(
                f"Stream {name} is selected, but `{setting}` is not set",
                f"Set `{setting}`, or deselect the streams that need it in the catalog.",
            )

    def _selected(self) -> list[PageStream]:
        return [
            stream
            for stream in self._tap.streams.values()
            if isinstance(stream, PageStream) and stream.selected
        ]

    def _read_streams(self) -> None:
        reset_progress_markers(self._tap)
        # Known from the start, so that the next run follows this one also where it dies half way.
        self._tap.note_run()
        self._tap.state_writer.write_state(self._tap.state)
        selected = {stream.name: stream for stream in self._selected()}
        if self._tap.last_run is not None:
            for stream in selected.values():
                stream.version_after(self._tap.last_run)
        for name in self._tap.streams:
            if name not in selected:
                self._logger.info("Skipping deselected stream '%s'.", name)
        for stream in selected.values():
            if isinstance(stream, SyncReceipts) or FOLLOWS.get(stream.name) in selected:
                continue
            if isinstance(stream, FreshsalesStream):
                stream.followers = [
                    follower
                    for follower in selected.values()
                    if FOLLOWS.get(follower.name) == stream.name and isinstance(follower, Follower)
                ]
                self._read(stream)

    def _read(self, stream: FreshsalesStream) -> None:
        bookmark = copy.deepcopy(stream.stream_state)
        account = self._tap.api.account.name
        if stream.is_incremental:
            forget_other_account(stream, account)
        try:
            problem = self._sync(stream)
        except Interrupted as interrupted:
            self._close_receipts(stream, str(interrupted))
            raise
        receipt = self._close_receipts(stream, problem)
        if receipt.is_as_expected:
            stream.finalize_state_progress_markers()
            if stream.is_incremental:
                mark_account(stream, account)
        else:
            stream.stream_state.clear()
            stream.stream_state.update(bookmark)
        for read in (stream, *stream.followers):
            self._judge(read)

    def _close_receipts(self, stream: FreshsalesStream, problem: str | None) -> Receipt:
        """`problem` is what failed, in one word."""
        receipt = self._receipt_of(stream)
        if problem is not None:
            receipt.is_complete = False
            receipt.incomplete_reason = f"failed: {problem}"
        for follower in stream.followers:
            if follower.name in self._tap.receipts:
                follower.finish(receipt)
            else:
                self._receipt_of(follower).incomplete_reason = receipt.incomplete_reason
        for read in (stream, *stream.followers):
            read.tell_what_was_sent(self._receipt_of(read))
        return receipt

    def _receipt_of(self, stream: FreshsalesStream) -> Receipt:
        """Opened and closed at once where the stream failed before it began."""
        receipt = self._tap.receipts.get(stream.name)
        if receipt is None:
            receipt = self._tap.open_receipt(stream.name)
            receipt.finished_at = receipt.started_at
        return receipt

    def _sync(self, stream: FreshsalesStream) -> str | None:
        """What failed, in one word."""
        try:
            stream.sync()
        except OutputError:
            raise
        except TapError as error:
            self._logger.error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
            return error.reason
        except Exception as error:  # noqa: BLE001 - one stream's failure, whatever it is, is not another's
            # Its own words may hold a person's data: the places tell enough to report it.
            frames = [
                f"{PurePath(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)
            ]
            self._logger.error(  # noqa: TRY400
                "stream %s: an error in the tap itself (%s at %s). Please report it with these words.",
                stream.name,
                type(error).__name__,
                " < ".join(frames[:-4:-1]),
            )
            return "internal"
        return None

    def _judge(self, stream: FreshsalesStream) -> None:
        receipt = self._tap.receipts[stream.name]
        if stream.is_sent_whole:
            stream.activate_version()
        if not receipt.is_as_expected:
            self._exit_code = 1
            if receipt.end_evidence is not None:
                self._logger.error(
                    "stream %s: the list was not read whole (%s). Nobody is taken for gone by this read; run "
                    "again, and where it stays so, the server cannot be read whole.",
                    stream.name,
                    receipt.incomplete_reason,
                )

    def _write_receipts(self) -> None:
        for stream in self._selected():
            if isinstance(stream, SyncReceipts):
                stream.sync()
                stream.activate_version()
        self._tap.state_writer.write_state(self._tap.state)
        self._tap.message_writer.flush()

    def _summarize(self) -> None:
        self._logger.info("Summary of run %s:", self._tap.sync_id)
        for receipt in self._tap.receipts.values():
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
    if receipt.incomplete_reason == ABSENT:
        return "absent"
    return "partial" if receipt.is_as_expected else "FAILED"
