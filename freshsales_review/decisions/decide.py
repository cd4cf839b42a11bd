"""Writes the decisions of files into the warehouse: all of them or none, and none twice."""
# ruff: noqa: S608  -- names are constants, values are parameters

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from freshsales_review.decisions.campaigns import (
    Campaign,
    campaigns,
    frozen,
    now,
    open_campaign,
    subjects_at,
    who,
)
from freshsales_review.decisions.check import Checked, Decision, Rules, Scope, checked
from freshsales_review.decisions.population import complete_reads, remembers, require_marts, words_for
from freshsales_review.decisions.sheet import Sheet
from freshsales_review.decisions.store import DECISIONS, REFUSED, create_tables, insert, name_of, tables_there
from freshsales_review.warehouse import Warehouse, WritableWarehouse


@dataclass(frozen=True)
class Plan:
    """What is to be written, and the problems. If there is a problem, nothing is written."""

    campaign: str
    checked: Checked
    new: list[Decision]
    there: int
    overruled: list[Decision]
    """Decisions that are in the warehouse already, but a later one of another kind counts now."""
    to_open: dict[str, str]
    """Accounts for which this opens the campaign, each with the run whose people are in scope."""


def plan(
    warehouse: Warehouse, marts_schema: str, sheets: Sequence[Sheet], campaign: str, max_age: timedelta
) -> Plan:
    """Check the files against the warehouse; raises ReviewError if marts are missing. Nothing is written."""
    require_marts(warehouse, marts_schema)
    opened = {found.account: found for found in campaigns(warehouse) if found.campaign == campaign}
    reads = complete_reads(warehouse, marts_schema)
    words = words_for(warehouse, marts_schema)
    to_open = _newest_reads(sheets, set(reads), set(opened))
    scopes: dict[str, Scope | str] = {}

    def scope_of(account: str, _: str) -> Scope | str:
        if account not in scopes:
            scopes[account] = _scope(warehouse, campaign, account, opened.get(account), to_open.get(account))
        return scopes[account]

    found = checked(sheets, Rules(reads, frozenset(words), scope_of, words, now(), max_age))
    there = _there(warehouse, campaign)
    unique = {decision.key(campaign): decision for decision in reversed(found.decisions)}
    new = [decision for key, decision in unique.items() if key not in there][::-1]
    standing = _standing(warehouse, campaign)
    overruled = [
        decision
        for key, decision in unique.items()
        if key in there and standing[decision.account, decision.subject] != decision.decision
    ][::-1]
    deciding = {decision.account for decision in new}
    return Plan(
        campaign,
        found,
        new,
        len(unique) - len(new),
        overruled,
        {account: sync_id for account, sync_id in to_open.items() if account in deciding},
    )


def write(warehouse: WritableWarehouse, marts_schema: str, made: Plan) -> list[Campaign]:
    """Write all decisions. Returns the campaigns that they opened."""
    if not made.new:
        return []
    create_tables(warehouse)
    opened = [
        open_campaign(warehouse, marts_schema, made.campaign, account, sync_id)
        for account, sync_id in made.to_open.items()
    ]
    moment, user = now(), who()
    warehouse.change(insert(DECISIONS), *(_row(one, made.campaign, moment, user) for one in made.new))
    return opened


def write_refused(warehouse: WritableWarehouse, made: Plan) -> None:
    """Write down who tried to decide about themselves. The same try counts once."""
    create_tables(warehouse)
    rows = warehouse.query(
        f"select account, identity_key, coalesce(grant_key, ''), reviewer from {name_of(REFUSED)} "
        "where campaign = $1",
        [made.campaign],
    )
    known = {((account, (person, grant)), reviewer) for account, person, grant, reviewer in rows}
    refused = {((one.account, one.subject), one.reviewer): one for one in made.checked.self_decisions}
    new = [one for key, one in refused.items() if key not in known]
    if new:
        warehouse.change(
            insert(REFUSED),
            *(
                (
                    one.account,
                    made.campaign,
                    one.subject[0],
                    one.subject[1] or None,
                    one.reviewer,
                    now(),
                    one.file_sha256,
                    one.row,
                )
                for one in new
            ),
        )


def _row(one: Decision, campaign: str, moment: datetime, user: str) -> tuple[object, ...]:
    return (
        one.key(campaign),
        one.account,
        campaign,
        one.subject[0],
        one.subject[1] or None,
        one.decision,
        one.reviewer,
        one.note or None,
        one.given_at or moment,
        moment,
        user,
        one.file_sha256,
        one.row,
        one.sync_id,
        one.population_sha256,
    )


def _newest_reads(sheets: Sequence[Sheet], known: set[tuple[str, str]], opened: set[str]) -> dict[str, str]:
    newest: dict[str, str] = {}
    for sheet in sheets:
        for line in sheet.lines:
            read = (line.cells["account"], line.cells["sync_id"])
            if read in known and read[0] not in opened:
                newest[read[0]] = max(newest.get(read[0], ""), read[1])
    return newest


def _scope(
    warehouse: Warehouse, name: str, account: str, campaign: Campaign | None, sync_id: str | None
) -> Scope | str:
    if campaign is not None:
        if campaign.closed_at is not None:
            return f"the campaign {name} is closed."
        return Scope(frozenset(frozen(warehouse, campaign)), is_frozen=True)
    if sync_id is None or not remembers(warehouse, account, sync_id):
        return (
            "what people held at the read that it rests on is not known: write a new report, and review that."
        )
    return Scope(frozenset(subjects_at(warehouse, account, sync_id)), is_frozen=False)


def _there(warehouse: Warehouse, campaign: str) -> set[str]:
    if DECISIONS not in tables_there(warehouse):
        return set()
    rows = warehouse.query(f"select decision_key from {name_of(DECISIONS)} where campaign = $1", [campaign])
    return {str(key) for (key,) in rows}


def _standing(warehouse: Warehouse, campaign: str) -> dict[tuple[str, tuple[str, str]], str]:
    """The decision that counts for each subject, by the same order as in the marts."""
    if DECISIONS not in tables_there(warehouse):
        return {}
    rows = warehouse.query(
        f"select account, identity_key, coalesce(grant_key, ''), decision from {name_of(DECISIONS)} "
        "where campaign = $1 order by cast(decided_at as date), recorded_at, file_row",
        [campaign],
    )
    return {(account, (person, grant)): decision for account, person, grant, decision in rows}
