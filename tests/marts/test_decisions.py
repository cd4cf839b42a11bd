"""Decisions come back, and the next complete reads tell what became of them."""

from collections import Counter
from pathlib import Path

import pytest

from tests.marts.engines import Engine
from tests.marts.reviewing import CAMPAIGN, DECIDED, MARTS, Company, Story


@pytest.fixture
def company(engine: Engine, work: Path, tmp_path: Path) -> Company:
    return Company(engine, work, tmp_path)


def open_by_flag(company: Company) -> None:
    """Only what the mart review_flags describes is a flag; its holders are the scope."""
    unknown = company.run("campaign", "open", "2027-Q2", "--flag", "risk_score")
    assert unknown.exit_code == 1
    assert "There is no flag risk_score. There are: deprovisioning_failed, " in unknown.output
    flagged = company.run("campaign", "open", "2027-Q2", "--flag", "has_no_manager")
    assert flagged.exit_code == 0, flagged.output
    [asked] = company.engine.query(
        f"select count(*) as people from {MARTS}.access_review where has_no_manager"
    )
    [scope] = company.engine.query(
        "select count(distinct identity_key) as people from freshsales_decisions.campaign_scope "
        "where campaign = '2027-Q2'"
    )
    assert scope["people"] == asked["people"] > 0


def test_outcomes_are_what_the_complete_reads_show(story: Story) -> None:
    assert set(story.outcomes["decided"].values()) == {"pending", "kept"}
    # Ann is gone on one side alone, Bob on both; Fay is still in "all" by the group "north".
    assert story.outcomes["first read"] == {
        "ann": "pending",
        "bob": "carried_out",
        "cid": "carried_out",
        "dan": "kept",
        "dan Agent": "carried_out",
        "eve Agent": "pending",
        "fay All group": "pending",
        "gus": "carried_out",
        "hal": "pending",
    }
    assert story.outcomes["last read"] == story.outcomes["first read"] | {
        "ann": "carried_out",
        "bob": "undone",
        "dan Agent": "undone",
        "fay All group": "carried_out",
    }


def test_a_read_that_is_not_complete_carries_out_nothing(story: Story) -> None:
    assert story.outcomes["read that failed"] == story.outcomes["first read"]


def test_a_change_of_a_person_is_carried_out_by_any_other_grant(story: Story) -> None:
    assert (story.outcomes["first read"]["gus"], story.outcomes["last read"]["hal"]) == (
        "carried_out",
        "pending",
    )


def test_what_a_read_after_the_due_date_still_shows_is_overdue(story: Story) -> None:
    overdue = {name for name, outcome in story.outcomes["overdue"].items() if outcome == "overdue"}
    assert overdue == {"eve Agent", "hal"}
    assert "pending" not in story.outcomes["overdue"].values()


def test_without_a_read_after_the_due_date_nothing_is_known(story: Story) -> None:
    unknown = {name for name, outcome in story.outcomes["due later"].items() if outcome == "not_known"}
    assert unknown == {"eve Agent", "hal"}
    assert {"pending", "overdue"}.isdisjoint(story.outcomes["due later"].values())


def test_an_outcome_names_the_reads_that_it_lies_between(story: Story) -> None:
    between = {
        row["outcome"]: (
            str(row["carried_out_after_sync_id"])[:8],
            str(row["carried_out_sync_id"])[:8],
            str(row["undone_sync_id"])[:8],
        )
        for row in story.rows["review_outcomes"]
        if row["grant_key"] is None
    }
    assert between["undone"] == ("20261101", "20261102", "20261104")


def test_a_campaign_counts_its_scope_and_what_became_of_it(story: Story) -> None:
    assert story.rows["campaigns before the first"] == []
    [campaign] = [row for row in story.rows["review_campaigns"] if row["campaign"] == CAMPAIGN]
    assert (campaign["people_in_scope"], campaign["people_decided"], campaign["to_revoke"]) == (9, 6, 8)
    assert (campaign["carried_out"], campaign["undone"], campaign["pending"]) == (4, 2, 2)
    assert campaign["population_matches"]
    assert not campaign["is_complete"]


def test_the_timeline_has_every_decision_and_what_became_of_it(story: Story) -> None:
    told = Counter(row["event_type"] for row in story.rows["identity_timeline"] if row["origin"] == "review")
    assert told == {
        "keep_decided": 1,
        "revoke_decided": 6,
        "change_decided": 2,
        "decision_carried_out": 6,
        "decision_undone": 2,
    }
    keys = {row["identity_key"] for row in story.rows["access_review"]}
    assert {row["identity_key"] for row in story.rows["identity_timeline"]} <= keys


def test_two_at_once_take_the_decisions_once(story: Story) -> None:
    first, second = story.said["decided first"], story.said["decided at once"]
    assert first.exit_code == 0
    assert "9 decisions are new" in first.output
    # PostgreSQL lets the second one wait, and DuckDB refuses it in a sentence.
    waited = second.exit_code == 0 and "0 decisions are new, 9 were there already" in second.output
    refused = second.exit_code == 1 and "is held open by another process" in second.output
    assert waited or refused, second.output
    assert story.rows["decided"] == [{"rows": len(DECIDED), "campaigns": 1}]


def test_a_campaign_for_what_changed_has_those_in_scope(story: Story) -> None:
    assert story.said["opened for what changed"].exit_code == 0, story.said["opened for what changed"].output
    assert "changed since the last campaign" in story.said["opened for what changed"].output
    # Cid is gone, and nothing of Eve and Hal has changed.
    assert {row["name"] for row in story.rows["changed"]} == {"ann", "bob", "dan", "fay", "gus", "ida"}


def test_a_closed_campaign_takes_no_decision_and_no_second_close(story: Story) -> None:
    assert story.said["closed"].exit_code == 0
    assert "closed 2" in story.said["closed"].output
    for moment, words in (
        ("closed twice", "is closed already"),
        ("closed unknown", "There is no campaign 2001-Q1"),
        ("decided when closed", "the campaign 2026-Q4 is closed"),
    ):
        assert story.said[moment].exit_code == 1
        assert words in story.said[moment].output


def test_all_decisions_of_a_file_are_written_or_none_and_none_twice(company: Company) -> None:
    company.read(1)
    rows = company.decided(ann="revoke", bob="keep", eve_Agent_direct="change")
    [ann, bob] = [next(row for row in rows if row["name"] == name) for name in ("ann", "bob")]
    bad = [*rows, ann | {"identity_key": "nobody"}, bob | {"reviewer": "bob@x"}]
    refused = company.decide(bad)
    assert refused.exit_code == 1
    assert "decisions.csv, row 5: the warehouse knows no such person" in refused.output
    assert "decisions.csv, row 6: the reviewer decides about themselves" in refused.output
    assert company.written() == 0
    assert company.written("campaigns") == 0

    dry = company.decide(rows, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "3 decisions are new" in dry.output
    assert company.written() == 0

    first = company.decide(rows)
    assert first.exit_code == 0, first.output
    assert (company.written(), company.written("campaigns"), company.written("campaign_scope")) == (3, 1, 38)
    again = company.decide(rows[::-1], name="saved-anew.csv", delimiter=";", encoding="utf-8")
    assert again.exit_code == 0, again.output
    assert "0 decisions are new, 3 were there already" in again.output
    assert company.written() == 3

    # A later decision stands, and both stay.
    assert company.decide([ann | {"decision": "keep"}]).exit_code == 0
    assert company.written() == 4
    assert "A later decision stands" in company.decide([ann]).output
    company.build()
    assert company.outcomes() == {"ann": "kept", "bob": "kept", "eve Agent": "pending"}
    [campaign] = company.engine.query(f"select * from {MARTS}.review_campaigns")
    assert campaign["self_decisions_refused"] == 1
    people = company.engine.query(
        f"select last_decision, changed_since_decision from {MARTS}.access_review "
        "where last_decision is not null"
    )
    assert people == [{"last_decision": "keep", "changed_since_decision": False}] * 2

    listed = company.run("campaign", "list")
    assert "2 of 9 people" in listed.output, listed.output
    assert company.run("campaign", "close", CAMPAIGN).exit_code == 0
    closed = company.decide([ann | {"decision": "change"}])
    assert closed.exit_code == 1
    assert "is closed" in closed.output
    opened = company.run("campaign", "open", "2027-Q1", "--department", "A", "--due", "2099-01-31")
    assert opened.exit_code == 0, opened.output
    assert "department A  open, due 2099-01-31" in opened.output
    assert company.run("campaign", "open", "2027-Q1").exit_code == 1
    open_by_flag(company)
    company.engine.change(
        f"delete from freshsales_decisions.campaign_scope where campaign = '{CAMPAIGN}' and grant_key is null"
    )
    company.build()
    matches = {
        row["campaign"]: row["population_matches"]
        for row in company.engine.query(f"select * from {MARTS}.review_campaigns")
    }
    assert matches == {CAMPAIGN: False, "2027-Q1": True, "2027-Q2": True}
