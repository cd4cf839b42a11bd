"""What is told of a roster before it is loaded."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshsales_idp.cli import main
from freshsales_idp.reading import sha256_of
from freshsales_idp.roster import COLUMNS, checked
from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.roster import roster_of

ROOT = Path(__file__).parents[2]
HEADER = ",".join(COLUMNS)
ADA = "000001,ada@acme.example,Ada Morris,Sales,,2019-03-01,"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "The first line does not name employee_number, email"),
        (HEADER.replace(",", ";"), "The first line does not name"),
        (HEADER.removesuffix(",left_on"), "The first line does not name left_on:"),
        (HEADER, "The file has no row"),
        (f"{HEADER}\n{ADA}\n{ADA}", "Line 3 has the same employee_number as line 2."),
        (f"{HEADER}\n,{ADA.partition(',')[2]}", "Line 2 has no employee_number"),
        (f"{HEADER}\n{ADA}\n\n", "Line 3 has 0 columns"),
        (f"{HEADER}\n{ADA},more", "Line 2 has 8 columns"),
        (f"{HEADER}\n{ADA}15/06/2026", "Line 2: left_on is not a date such as 2026-06-15."),
        (f"{HEADER}\n{ADA}2026-02-30", "Line 2: left_on is not a date"),
        (f'{HEADER}\n"{ADA}', "not a CSV file"),
    ],
)
def test_a_mistake_is_told_with_its_line(roster_file: Path, content: str, told: str) -> None:
    roster_file.write_text(content)
    problems = checked(roster_file).problems
    assert any(told in problem for problem in problems), problems
    assert not any("ada@" in problem or "Morris" in problem for problem in problems)


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put_checksum(roster_file: Path, text: str) -> None:
    roster_file.with_name(f"{roster_file.name}.sha256").write_text(text)


def receipt_of(roster_file: Path) -> dict[str, str]:
    receipt = roster_file.with_name("a folder") / "receipt.csv"
    result = CliRunner().invoke(main, ["check-roster", str(roster_file), "--receipt", str(receipt)])
    assert result.exit_code == 0, result.output
    [row] = csv.DictReader(receipt.read_text().splitlines())
    return row


@pytest.mark.parametrize("form", ["{}", "{}  roster.csv\n", "{} *roster.csv\r\n"])
def test_a_roster_with_its_checksum_is_whole(roster_file: Path, form: str) -> None:
    content = (ROOT / "docs/examples/roster.csv").read_bytes()
    roster_file.write_bytes(content)
    put_checksum(roster_file, form.format(checksum(content)))
    row = receipt_of(roster_file)
    numbers = [line.split(",")[0] for line in content.decode().splitlines()[1:]]
    assert (row["is_complete"], row["incomplete_reason"]) == ("true", "")
    assert (row["object"], row["rows"], row["keys_sha256"]) == (
        "users",
        str(len(numbers)),
        sha256_of(numbers),
    )


def test_a_roster_without_a_checksum_is_not_proven_whole(roster_file: Path) -> None:
    roster_file.write_text(f"{HEADER}\n{ADA}\n")
    row = receipt_of(roster_file)
    assert row["is_complete"] == "false"
    assert row["incomplete_reason"] == (
        f"no {roster_file.name}.sha256 is beside the file, and nothing else says where it ends"
    )


def test_a_roster_that_was_cut_anywhere_is_refused(roster_file: Path) -> None:
    content = (ROOT / "docs/examples/roster.csv").read_bytes()
    put_checksum(roster_file, checksum(content))
    for length in range(len(content)):
        roster_file.write_bytes(content[:length])
        assert checked(roster_file).problems, length
    # Cut at the end of a line, only the checksum tells.
    roster_file.write_bytes(content[: content.rindex(b"\n", 0, -1) + 1])
    [problem] = checked(roster_file).problems
    assert "it was cut, changed or replaced since" in problem


@pytest.mark.parametrize("text", ["", "ada", "0" * 63, f"{'0' * 64} a\n{'0' * 64} b"])
def test_a_checksum_that_is_none_is_told(roster_file: Path, text: str) -> None:
    roster_file.write_text(f"{HEADER}\n{ADA}\n")
    put_checksum(roster_file, text)
    assert "is not what sha256sum writes of one file" in checked(roster_file).problems[0]


def test_a_mistake_leaves_no_receipt(roster_file: Path) -> None:
    roster_file.write_text(HEADER)
    receipt = roster_file.with_name("receipt.csv")
    result = CliRunner().invoke(main, ["check-roster", str(roster_file), "--receipt", str(receipt)])
    assert result.exit_code == 1
    assert not receipt.exists()


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    assert "There is no file at" in checked(tmp_path / "absent.csv").problems[0]
    assert "cannot be read" in checked(tmp_path).problems[0]
    (tmp_path / "latin.csv").write_bytes(f"{HEADER}\n{ADA}".replace("Ada", "Zoë").encode("latin-1"))
    assert "is not UTF-8" in checked(tmp_path / "latin.csv").problems[0]


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_the_example_and_a_played_roster_have_no_mistake(roster_file: Path, start: str) -> None:
    assert checked(ROOT / "docs/examples/roster.csv").problems == []
    sandbox = Sandbox(people=50, seed=7)
    sandbox.play(30)
    roster_file.write_text(start + roster_of(sandbox.okta.tenant).csv(), encoding="utf-8")
    assert checked(roster_file).problems == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.binary(max_size=60))
def test_no_bytes_at_all_end_in_a_traceback(roster_file: Path, content: bytes) -> None:
    roster_file.write_bytes(HEADER.encode() + b"\n" + content)
    assert checked(roster_file).problems
