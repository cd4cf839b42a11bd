"""`freshsales-review changes`: what is new since a run, as complete reads alone tell it."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from freshsales_review.changes.command import changes_command
from tests.marts.raw import sync_id
from tests.marts.reviewing import Story


def new(story: Story, moment: str) -> dict[str, list[str]]:
    """By flag, the addresses of who is new, or what was said."""
    return {
        flag: sorted(str(item["email"] or item["what"]) for item in items)
        for flag, items in account(story, moment)["new"].items()
    }


def account(story: Story, moment: str) -> dict[str, Any]:
    [found] = json.loads(story.said[moment].output.rpartition("}")[0] + "}")["accounts"]
    return dict(found)


def test_new_orphans_administrators_and_undone_decisions_are_told(story: Story) -> None:
    found = new(story, "since 2, json")
    assert found["is_orphaned_owner"] == ["bob@x"]
    assert found["is_admin"] == ["ida@x"]
    assert found["undone"] == ["bob@x", "dan@x"]
    assert found["overdue"] == []
    assert [line.split(":")[0] for line in found["read_failed"]] == [
        "owners",
        "scim_group_members",
        "scim_users",
    ]
    assert account(story, "since 2, json")["not_told"] == {}


def test_a_date_means_the_last_run_before_it(story: Story) -> None:
    assert account(story, "since a date")["since"] == sync_id("a", 2)
    assert new(story, "since a date") == new(story, "since 2, json")


def test_without_since_the_run_before_the_last_is_compared(story: Story) -> None:
    assert account(story, "since the run before")["since"] == sync_id("a", 3)
    assert new(story, "since the run before")["is_admin"] == ["ida@x"]
    assert new(story, "since the run before")["read_failed"] == []


def test_a_read_that_is_not_complete_makes_nobody_new(story: Story) -> None:
    said = story.said["failed, is_admin"]
    assert said.exit_code == 1
    assert "Administrator, new: not known: there is no complete read of owners and scim_users" in said.output
    assert "ida" not in said.output
    assert "Whether anything is new is not known (is_admin of a: " in said.output


def test_reads_that_failed_are_told_with_their_reason(story: Story) -> None:
    said = story.said["failed, read_failed"]
    assert said.exit_code == 3
    assert f"owners: stopped, run {sync_id('a', 3)}" in said.output
    assert "scim_users: stopped; it was read completely since" in story.said["since 2, text"].output


def test_nothing_new_is_said_and_ends_with_0(story: Story) -> None:
    said = story.said["nothing new"]
    assert said.exit_code == 0, said.output
    assert "Orphaned owner, new: none" in said.output
    assert "Administrator, new: none" in said.output


@pytest.mark.parametrize("flag", ["is_orphaned_owner", "is_admin", "undone", "read_failed"])
def test_a_flag_that_is_new_ends_with_3(story: Story, flag: str) -> None:
    assert story.said[f"fails on {flag}"].exit_code == 3


def test_a_decision_that_is_overdue_ends_with_3(story: Story) -> None:
    assert story.said["fails on overdue"].exit_code == 0
    said = story.said["overdue since 2"]
    assert said.exit_code == 3
    assert "Decisions that are overdue: 2" in said.output
    assert "revoke crm_role Agent, decided by head@x in 2026-Q4, due 2026-11-03" in said.output


@pytest.mark.parametrize("moment", ["one run", "since long ago", "since the last"])
def test_with_nothing_to_compare_nothing_is_claimed(story: Story, moment: str) -> None:
    said = story.said[moment]
    assert said.exit_code == 1
    assert "Whether anything is new is not known" in said.output
    if moment == "since long ago":
        # Ida is an administrator, and nobody knows since when.
        found = account(story, moment)
        assert found["new"]["is_admin"] == []
        assert [item["email"] for item in found["not_known_whether_new"]["is_admin"]] == ["ida@x"]


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("since 2999-01-01", "lies in the future"),
        ("since yesterday", "yesterday is neither a run in this warehouse nor a date"),
    ],
)
def test_a_since_that_means_nothing_is_one_sentence(story: Story, moment: str, words: str) -> None:
    said = story.said[moment]
    assert said.exit_code == 1
    assert words in said.output
    assert said.output.count("\n") == 1


def test_a_flag_that_is_none_is_refused_with_those_there_are(story: Story) -> None:
    said = story.said["fails on nothing known"]
    assert said.exit_code == 2
    assert all(flag in said.output for flag in account(story, "since 2, json")["new"])


def test_the_help_names_every_flag_that_can_be_new(story: Story) -> None:
    help_ = " ".join(CliRunner().invoke(changes_command, ["--help"], terminal_width=200).output.split())
    named = help_.partition("one of these is new: ")[2].partition(". ")[0].split(", ")
    assert named == list(account(story, "since 2, json")["new"])


def test_markdown_is_text_whatever_a_name_holds(story: Story) -> None:
    said = story.said["since 2, markdown"]
    assert "**Administrator, new\\: 1**" in said.output
    assert "- Ida \\<ida\\@x\\>" in said.output


def test_names_can_be_left_out(story: Story) -> None:
    said = story.said["since 2, without names"]
    assert "Administrator, new: 1" in said.output
    assert "ida" not in said.output.lower().replace("inactive", "")
    assert "bob" not in said.output.lower()
