"""Runs the tap in this process, on the command line's own path, and keeps what it said."""

import contextlib
import io
import json
import logging
import signal
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner

from tap_freshsales_users.tap import TapFreshsalesUsers

Message = dict[str, Any]


@dataclass
class Outcome:
    """One run: its exit code, its messages in order, its log."""

    exit_code: int
    messages: list[Message]
    log: str
    output: str = ""
    records: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for message in self.messages:
            if message["type"] == "RECORD":
                self.records[message["stream"]].append(message["record"])

    def receipt(self, stream: str) -> Message:
        [receipt] = [r for r in self.records["sync_receipts"] if r["stream"] == stream]
        return receipt

    def keys(self, stream: str) -> list[tuple[Any, ...]]:
        names = {
            "scim_group_members": ("group_id", "member_id"),
            "owned_records": ("owner_id", "record_type"),
        }.get(stream, ("id",))
        return [tuple(record[name] for name in names) for record in self.records[stream]]

    @property
    def state(self) -> Message:
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return states[-1] if states else {}


def run_tap(
    config: Mapping[str, Any],
    tmp_path: Any,
    *arguments: str,
    catalog: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Outcome:
    """Ends as the command does: by its exit code."""
    files = {"config": config, "catalog": catalog, "state": state}
    options = []
    for name, content in files.items():
        if content is not None:
            path = tmp_path / f"{name}.config.json"  # named for what it may hold: credentials
            path.write_text(json.dumps(content))
            options += [f"--{name}", str(path)]
    log = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with contextlib.redirect_stderr(log):
            result = CliRunner().invoke(TapFreshsalesUsers.cli, [*options, *arguments])
    finally:
        root.handlers[:], root.level = handlers, level
        logging.captureWarnings(capture=False)
        for number, handler in signals.items():
            signal.signal(number, handler)
    messages = []
    for line in result.stdout.splitlines():
        with contextlib.suppress(ValueError):
            messages.append(json.loads(line))
    said = log.getvalue() + result.stderr
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(
        result.exit_code, [m for m in messages if isinstance(m, dict) and "type" in m], said, result.stdout
    )
