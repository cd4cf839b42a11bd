"""What is told of a roster before it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshsales_idp.roster import COLUMNS, problems_of
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
    problems = problems_of(roster_file)
    assert any(told in problem for problem in problems), problems
    assert not any("ada@" in problem or "Morris" in problem for problem in problems)


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    assert "There is no file at" in problems_of(tmp_path / "absent.csv")[0]
    assert "cannot be read" in problems_of(tmp_path)[0]
    (tmp_path / "latin.csv").write_bytes(f"{HEADER}\n{ADA}".replace("Ada", "Zoë").encode("latin-1"))
    assert "is not UTF-8" in problems_of(tmp_path / "latin.csv")[0]


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_the_example_and_a_played_roster_have_no_mistake(roster_file: Path, start: str) -> None:
    assert problems_of(ROOT / "docs/examples/roster.csv") == []
    sandbox = Sandbox(people=50, seed=7)
    sandbox.play(30)
    roster_file.write_text(start + roster_of(sandbox.okta.tenant).csv(), encoding="utf-8")
    assert problems_of(roster_file) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.binary(max_size=60))
def test_no_bytes_at_all_end_in_a_traceback(roster_file: Path, content: bytes) -> None:
    roster_file.write_bytes(HEADER.encode() + b"\n" + content)
    assert problems_of(roster_file)
