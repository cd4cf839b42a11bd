"""`freshsales-review evidence`: the pack for an auditor, whole, checkable, and the same again."""

import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from freshsales_review.evidence.tables import TABLES
from tests.marts.reviewing import DECIDED, NOTE, File, Story

PAGE = "a.html"
NAMES = ("ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida")


def rows(pack: dict[str, File], file: str) -> list[dict[str, str]]:
    text = pack[file].content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def unpacked(pack: dict[str, File], folder: Path) -> Path:
    for name, file in pack.items():
        if name != ".":
            (folder / name).write_bytes(file.content)
    return folder


def test_the_pack_holds_every_file_and_its_hash(story: Story, tmp_path: Path) -> None:
    assert story.said["pack first"].exit_code == 0, story.said["pack first"].output
    pack = story.packs["first"]
    assert set(pack) == {".", PAGE, "README.md", "SHA256SUMS", *(table.file for table in TABLES)}
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"],
        cwd=unpacked(pack, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count(": OK\n") == len(pack) - 2


def test_the_same_warehouse_gives_the_same_bytes(story: Story) -> None:
    assert story.packs["again"] == story.packs["first"] == story.packs["over"]


def test_only_the_owner_may_read_the_pack(story: Story) -> None:
    modes = {name: file.mode for name, file in story.packs["first"].items()}
    assert modes.pop(".") == 0o700
    assert set(modes.values()) == {0o600}


def test_the_tables_are_those_of_the_warehouse(story: Story) -> None:
    pack = story.packs["first"]
    assert len(rows(pack, "population.csv")) == 38
    assert len(rows(pack, "decisions.csv")) == len(rows(pack, "outcomes.csv")) == len(DECIDED)
    outcomes = [row["outcome"] for row in rows(pack, "outcomes.csv")]
    assert sorted(outcomes) == sorted(story.outcomes["due later"].values())
    # Three lists of people and two others, each read four times.
    assert {row["sync_id"][:8] for row in rows(pack, "receipts.csv")} == {
        f"2026110{day}" for day in range(1, 5)
    }
    assert {row["is_complete"] for row in rows(pack, "receipts.csv")} == {"true", "false"}
    assert {row["seen_sync_id"][:8] for row in rows(pack, "changes.csv")} == {"20261102", "20261104"}
    [campaign] = rows(pack, "campaign.csv")
    assert campaign["closed_at"]


def test_a_note_that_is_a_formula_is_harmless_in_the_pack(story: Story) -> None:
    assert f"'{NOTE}" in {row["note"] for row in rows(story.packs["first"], "decisions.csv")}


def test_the_page_tells_what_each_file_is(story: Story) -> None:
    page = story.packs["first"]["README.md"].content.decode()
    listed = re.findall(r"^\| (\S+\.\w+|SHA256SUMS) \| ([\d,]*) ?\|", page, re.MULTILINE)
    counted = {table.file: f"{len(rows(story.packs['first'], table.file)):,}" for table in TABLES}
    assert dict(listed) == counted | {PAGE: "", "SHA256SUMS": ""}


@pytest.mark.parametrize("is_changed", [False, True])
def test_the_program_of_the_page_checks_the_frozen_list(
    story: Story, tmp_path: Path, *, is_changed: bool
) -> None:
    folder = unpacked(story.packs["first"], tmp_path)
    page = (folder / "README.md").read_text()
    [program] = re.findall(r"^   ```python\n(.*?)^   ```$", page, re.MULTILINE | re.DOTALL)
    if is_changed:
        lines = (folder / "population.csv").read_bytes().splitlines(keepends=True)
        (folder / "population.csv").write_bytes(b"".join(lines[:-1]))
    said = subprocess.run(
        [sys.executable, "-c", re.sub("^   ", "", program, flags=re.MULTILINE)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == ("a THE LIST IS ANOTHER ONE\n" if is_changed else "a the list is the frozen one\n")


def test_without_names_the_reviewers_stay_and_nobody_else(story: Story) -> None:
    pack = story.packs["without names"]
    for name in ("population.csv", "decisions.csv", "outcomes.csv", "changes.csv", "refused.csv"):
        text = pack[name].content.decode()
        assert not [one for one in NAMES if f"{one}@x" in text or one.title() in text], name
    decisions = rows(pack, "decisions.csv")
    assert {row["reviewer"] for row in decisions} == {"head@x"}
    assert {row["note"] for row in decisions} == {""}
    keys = [row["identity_key"] for row in rows(pack, "population.csv")]
    assert keys == [row["identity_key"] for row in rows(story.packs["first"], "population.csv")]
    assert "are left out" in pack["README.md"].content.decode()


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("no campaign", "There is no campaign 2026-Q4. There is none at all."),
        ("unknown campaign", "There is no campaign 2001-Q1. There are: 2026-Q4, 2027-Q1."),
        ("not built", "was written since the marts were built"),
        ("closed, not built", "was written since the marts were built"),
    ],
)
def test_what_makes_no_whole_pack_is_told_in_a_sentence(story: Story, moment: str, words: str) -> None:
    said = story.said[moment]
    assert said.exit_code == 1
    assert words in said.output
    assert said.output.count("\n") == 1
    assert story.rows["nothing half written"] == [{"there": False}]


def test_a_folder_with_other_files_is_left_alone(story: Story) -> None:
    said = story.said["pack over notes"]
    assert said.exit_code == 1
    assert "holds files that are no evidence pack" in said.output
    assert story.rows["notes"] == [{"text": "mine"}]
