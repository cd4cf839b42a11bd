"""The tap as the SDK alone would write it: record by record, conformed and walked, a line at a time.

What the tap writes by its own shorter way is held against this, message by message.
"""

from pathlib import Path
from typing import Any

import pytest
from singer_sdk import Stream
from singer_sdk.singerlib.encoding import SimpleSingerWriter

from tap_freshsales_users.records.shaper import Record
from tap_freshsales_users.singer.sdk import PageStream
from tap_freshsales_users.tap import TapFreshsalesUsers
from tests.tap.running import Message, Outcome, run_tap

SYNC_ID = "20260131T000000000000-00000000"
# What the clock says differs from run to run.
MOMENTS = ("started_at", "finished_at")


class PlainWriter(SimpleSingerWriter):
    def flush(self) -> None:
        """Nothing is held back."""


class Held(PageStream):
    """Keeps all pages of a read, and hands the records to the SDK's own `sync` at its end."""

    held: list[Record]

    def open(self) -> None:
        self.held = []

    def write(self, records: list[Record]) -> None:
        self.held += records

    def close(self, *, is_whole: bool) -> None:
        assert is_whole
        self._written = len(self.held)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self, "get_records", lambda _context: iter(self.held))
            self.sync()


def run_both(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: Any
) -> tuple[Outcome, Outcome]:
    """The same run by the tap's own way, and by the SDK's."""
    monkeypatch.setattr("tap_freshsales_users.session.new_sync_id", lambda *_: SYNC_ID)
    own = run_tap(config, tmp_path, **files)
    with monkeypatch.context() as patch:
        for name in ("open", "write", "close"):
            patch.setattr(PageStream, name, getattr(Held, name))
        patch.setattr(PageStream, "TYPE_CONFORMANCE_LEVEL", Stream.TYPE_CONFORMANCE_LEVEL)
        patch.setattr(PageStream, "is_written_plainly", property(lambda _stream: False))
        patch.setattr(TapFreshsalesUsers, "message_writer_class", PlainWriter)
        plain = run_tap(config, tmp_path, **files)
    return own, plain


def comparable(message: Message) -> Message:
    """Without what the clock says; that it is said at all stays."""
    clean: Message = {
        name: "a moment" if name in {"time_extracted", "version"} else value
        for name, value in message.items()
    }
    if "record" in clean:
        clean["record"] = {
            name: "a moment" if name in MOMENTS else value for name, value in clean["record"].items()
        }
    return clean
