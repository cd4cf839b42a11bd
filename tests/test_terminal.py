"""What servers and warehouses say on a terminal and in a log, and outputs that are not UTF-8."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.table import Table
from werkzeug import Request, Response

from freshsales_idp.cli import main as idp
from freshsales_review import at_work
from freshsales_review import terminal as review_terminal
from freshsales_review.cli import main as review
from tap_freshsales_users import terminal as tap_terminal
from tap_freshsales_users.redact import redact_logs
from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import run_tap

BIN = Path(sys.executable).parent
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
BIDI_MARKS = {"\u200e", "\u200f", "\u061c"}
# What a hostile name may hold: colours, a forged line, the window's title, a name written backwards.
TRICKS = {
    "colour": "\x1b[31mEve\x1b[0m",
    "forged-line": "Eve\nNothing is wrong.",
    "overwritten": "Eve\rMallory",
    "title": "\x1b]0;owned\x07",
    "c1": "\x9b31mEve",
    "erase": "Eve\x1b[2K\x1b[1A",
    "backspace": "Eve\x08\x08\x08Bob",
    "backwards": "\u202eevE",
    "isolate": "\u2066Eve\u2069",
    "line-separator": "Eve\u2028Nothing is wrong.",
    "next-line": "Eve\x85Nothing is wrong.",
    "null": "Eve\x00",
}
UNSHOWN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
PRINTABLE = pytest.mark.parametrize("printable", [tap_terminal.printable, review_terminal.printable])


def must_be_escaped(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"}
        or unicodedata.bidirectional(character) in BIDI
        or character in BIDI_MARKS
    )


@PRINTABLE
def test_every_character_that_moves_or_turns_text_is_escaped(printable: Callable[[str], str]) -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    plain = "".join(character for character in characters if not must_be_escaped(character))
    assert printable(plain) == plain
    for character in filter(must_be_escaped, characters):
        assert re.fullmatch(r"\\([nrt]|x[0-9a-f]{2}|u[0-9a-f]{4})", printable(character)), ascii(character)


# -- the tap


def roster(name: str) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if "settings/profile" in request.path:
            return json_answer(
                json.dumps({"user": {"id": 7, "display_name": name, "email": "eve@x.example"}})
            )
        people = [{"id": "1", "userName": name}] if request.args.get("startIndex") == "1" else []
        owners = [{"id": 7, "name": name}] if request.args.get("page") == "1" else []
        lists = {"users": owners, "roles": [], "territories": [], "teams": [], "totalResults": len(people)}
        return json_answer(json.dumps({**lists, "Resources": people}))

    return answer


@pytest.mark.parametrize("trick", TRICKS)
def test_a_check_shows_a_name_on_one_line_without_its_controls(trick: str, tmp_path: Path) -> None:
    with AnsweringServer(roster(TRICKS[trick])) as server:
        outcome = run_tap(server.config, tmp_path, "--test")
    assert outcome.exit_code == 0, outcome.output
    assert not UNSHOWN.search(outcome.output)
    [line] = [line for line in outcome.output.split("\n") if "the key is known as" in line]
    # NUL has left the record before: no loader could take it.
    name = TRICKS[trick].replace("\x00", "\ufffd")
    assert f"CRM user 7 ({tap_terminal.printable(name)})" in line
    assert outcome.output.split("\n").count("Nothing is wrong.") == 1


@pytest.mark.parametrize("trick", TRICKS)
def test_a_log_message_is_one_line_whatever_it_repeats(trick: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    redact_logs(())
    logging.getLogger("tap").warning("before %s after %s", TRICKS[trick], {"name": TRICKS[trick]})
    logging.getLogger("tap").warning("before " + TRICKS[trick])  # noqa: G003 - whatever way it comes in
    [first, second, rest] = stream.getvalue().split("\n")
    assert first.startswith("before ")
    assert second == "before " + tap_terminal.printable(TRICKS[trick])
    assert rest == ""
    assert not UNSHOWN.search(stream.getvalue())


def test_a_traceback_in_a_log_keeps_its_lines_and_loses_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    redact_logs(())

    def fail() -> None:
        raise ValueError("\x1b[31mEve\x9c")

    try:
        fail()
    except ValueError:
        logging.getLogger("tap").exception("failed")
    assert stream.getvalue().startswith("failed\nTraceback (most recent call last):\n  File ")
    assert stream.getvalue().endswith("ValueError: \\x1b[31mEve\\x9c\n")


# -- what reads the warehouse


def landing(path: Path, text: str, finished_at: datetime | None = None) -> str:
    finished_at = finished_at or datetime.now(UTC).replace(tzinfo=None)
    with duckdb.connect(path) as connection:
        connection.execute("create schema freshsales")
        connection.execute(
            """create table freshsales.sync_receipts (account varchar, sync_id varchar, stream varchar,
            is_complete boolean, incomplete_reason varchar, records bigint, population_sha256 varchar,
            finished_at timestamp)"""
        )
        values = (text, "20261101T060000.000000Z-000001", text, False, text, 0, None, finished_at)
        connection.execute("insert into freshsales.sync_receipts values (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return str(path)


@pytest.mark.parametrize("trick", TRICKS)
def test_verify_shows_the_warehouse_without_its_controls(trick: str, tmp_path: Path) -> None:
    text = TRICKS[trick].replace("\0", "\1")  # DuckDB takes no NUL from a parameter
    location = landing(tmp_path / "landing.duckdb", text)
    result = CliRunner(env={"COLUMNS": "300"}).invoke(review, ["verify", "--landing", location])
    assert not UNSHOWN.search(result.output), result.output
    assert review_terminal.printable(text) in result.output


@pytest.mark.parametrize("trick", TRICKS)
def test_an_error_shows_the_warehouse_without_its_controls(trick: str, tmp_path: Path) -> None:
    text = TRICKS[trick].replace("\0", "\1")
    location = landing(tmp_path / "landing.duckdb", text, datetime(2026, 1, 1))  # noqa: DTZ001 - as a loader has it
    result = CliRunner().invoke(review, ["verify", "--landing", location])
    assert result.exit_code == 1
    assert not UNSHOWN.search(result.output), result.output
    assert f"of {review_terminal.printable(text)}, ended at" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("trick", TRICKS)
def test_a_cell_for_rich_shows_controls_and_brackets_as_text(trick: str) -> None:
    table = Table("name")
    table.add_row(review_terminal.cell(f"[red]{TRICKS[trick]}"))
    output = io.StringIO()
    Console(file=output, width=200, color_system=None).print(table)
    assert not UNSHOWN.search(output.getvalue())
    assert f"[red]{review_terminal.printable(TRICKS[trick])}" in output.getvalue()


# -- outputs that are not UTF-8

NAME = "Zo\u00eb \u5317\u4eac \U0001f600"
ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "c-locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


class _Heard(io.StringIO):
    """Standard error that somebody waits at."""

    def __init__(self) -> None:
        super().__init__()
        self.has_a_line = threading.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        if "\n" in text:
            self.has_a_line.set()
        return count


def test_a_command_that_takes_long_says_on_stderr_what_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard = _Heard()
    monkeypatch.setattr(at_work, "TELL_AFTER_SECONDS", 0)
    monkeypatch.setattr(sys, "stderr", heard)

    @click.group(cls=at_work.TellingGroup)
    def program() -> None: ...

    @program.command()
    def count() -> None:
        """Count all people. It does nothing else."""
        assert heard.has_a_line.wait(timeout=60)
        click.echo("42")

    program(["count"], prog_name="program", standalone_mode=False)
    assert heard.getvalue() == "program count is at work: count all people.\n"
    assert capsys.readouterr().out == "42\n"


@pytest.mark.parametrize("program", [review, idp], ids=["review", "idp"])
def test_every_command_can_say_what_it_does(program: click.Group) -> None:
    assert isinstance(program, at_work.TellingGroup)
    for command in program.commands.values():
        says = command.get_short_help_str(limit=200)
        assert says
        assert not says.endswith("...")


ENCODED = pytest.mark.parametrize("encoding", ENCODINGS)


def command(
    encoding: str, *arguments: str | Path, cwd: Path | None = None
) -> "subprocess.CompletedProcess[bytes]":
    unset = ("PYTHONIOENCODING", "LC_ALL", "PYTHONUTF8", "LANG", "LC_CTYPE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    finished = subprocess.run(
        arguments,
        env=environment | ENCODINGS[encoding],
        capture_output=True,
        check=False,
        timeout=60,
        cwd=cwd,
    )
    assert b"Traceback" not in finished.stderr + finished.stdout, finished.stderr.decode(errors="replace")
    return finished


@ENCODED
def test_singer_output_is_utf_8_whatever_the_terminal_is(encoding: str, tmp_path: Path) -> None:
    with AnsweringServer(roster(NAME)) as server:
        config = tmp_path / "config.json"
        config.write_text(json.dumps(server.config))
        finished = command(encoding, BIN / "tap-freshsales-users", "--config", config)
    messages = [json.loads(line) for line in finished.stdout.decode("utf-8").splitlines()]
    records = {m["stream"]: m["record"] for m in messages if m["type"] == "RECORD"}
    assert records["owners"]["name"] == NAME
    assert records["scim_users"]["user_name"] == NAME
    assert finished.returncode == 0, finished.stderr


@ENCODED
def test_a_check_replaces_what_cannot_be_shown(encoding: str, tmp_path: Path) -> None:
    with AnsweringServer(roster(NAME)) as server:
        config = tmp_path / "config.json"
        config.write_text(json.dumps(server.config))
        finished = command(encoding, BIN / "tap-freshsales-users", "--config", config, "--test")
    first = "\u00eb" if encoding == "latin-1" else "?"
    assert f"CRM user 7 (Zo{first} ?? ?)".encode("latin-1") in finished.stdout
    assert finished.returncode == 0, finished.stderr


@ENCODED
def test_verify_replaces_what_cannot_be_shown(encoding: str, tmp_path: Path) -> None:
    location = landing(tmp_path / "landing.duckdb", NAME)
    finished = command(encoding, BIN / "freshsales-review", "verify", "--landing", location)
    assert b" ?? ?" in finished.stdout, finished.stderr


def test_an_error_of_review_replaces_what_cannot_be_shown(tmp_path: Path) -> None:
    finished = command(
        "ascii", BIN / "freshsales-review", "verify", "--landing", "gibt-es-nicht.duckdb", cwd=tmp_path
    )
    assert finished.returncode == 1
    assert b"There is no DuckDB file" in finished.stderr


@pytest.mark.parametrize("arguments", [("serve", "--help"), ("serve", "--quirk", "list")])
def test_the_sandbox_speaks_to_any_terminal(arguments: tuple[str, ...]) -> None:
    assert command("ascii", BIN / "freshsales-sandbox", *arguments).returncode == 0


def test_the_demo_speaks_to_any_terminal(tmp_path: Path) -> None:
    script = tmp_path / "failing.py"
    script.write_text(
        "import sys\n"
        "from demo import __main__ as demo\n"
        "def fail():\n"
        "    raise demo.DemoFailedError('Zo\\u00eb \\u5317\\u4eac \\U0001f600\\x1b[2K [bold] \\u2026')\n"
        "demo.start_over = fail\n"
        "sys.exit(demo.main())\n"
    )
    code = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    finished = command("ascii", sys.executable, "-c", code, cwd=Path(__file__).parent.parent)
    assert finished.returncode == 1
    assert b"The demo failed. Zo" in finished.stdout
    assert b" ?? ?\\x1b[2K [bold] ?" in finished.stdout
