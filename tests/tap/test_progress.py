"""What a person sees on a terminal while a list is read, and what a log file has instead."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freshsales_sandbox.app import Sandbox

TAP = Path(sys.executable).with_name("tap-freshsales-users")
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
LOG_LINE = re.compile(rb"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3} \| ")


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal that is wide enough for every line."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 400, 0, 0))
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def read_all(ours: int) -> bytes:
    found = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the program has closed its end
            return found
        if not part:
            return found
        found += part


def run(sandbox: Sandbox, tmp_path: Path, *, records_too: bool = False) -> bytes:
    """What a run writes to a terminal; its records go there only where that is asked for."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**sandbox.config, "page_size": 10}))
    with terminal() as (ours, theirs), (tmp_path / "records").open("wb") as records:
        process = subprocess.Popen(
            [str(TAP), "--config", str(config)],
            stdout=theirs if records_too else records,
            stderr=theirs,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(theirs)
        shown = read_all(ours)
        assert process.wait() == 0, shown
    return shown


def test_a_terminal_shows_records_pages_and_quota_of_each_list(tmp_path: Path) -> None:
    with Sandbox(people=60, quota="5000/h") as sandbox:
        shown = run(sandbox, tmp_path)
        users = len(sandbox.directory.users())
    text = CONTROL.sub(b"", shown).decode()
    assert re.search(rf"scim_users .*{users} of {users} records, \d+ pages, quota \d+ left", text)
    assert re.search(rf"scim_users .*\d+ of {users} records, 1 of \d+ pages", text)
    # Owners come without a total.
    assert re.search(r"owners .*\d+ records, \d+ pages, quota \d+ left", text)


def test_no_log_line_is_broken_by_the_progress(tmp_path: Path) -> None:
    with Sandbox(people=60, quota="5000/h") as sandbox:
        shown = run(sandbox, tmp_path)
    lines = CONTROL.sub(b"", shown).replace(b"\r", b"\n").split(b"\n")
    told = [line for line in lines if LOG_LINE.search(line)]
    assert len(told) > 10
    assert all(LOG_LINE.match(line) for line in told)


def test_the_records_stay_what_they_are_beside_the_progress(tmp_path: Path) -> None:
    with Sandbox(people=60, quota="5000/h") as sandbox:
        run(sandbox, tmp_path)
    messages = [json.loads(line) for line in (tmp_path / "records").read_bytes().splitlines()]
    assert {message["type"] for message in messages} == {"SCHEMA", "RECORD", "STATE"}


def test_nothing_is_drawn_over_records_on_the_same_terminal(tmp_path: Path) -> None:
    with Sandbox(people=20, quota="5000/h") as sandbox:
        shown = run(sandbox, tmp_path, records_too=True)
    assert b"\x1b" not in shown
