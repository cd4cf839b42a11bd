"""The commands `freshsales-review decide` and `freshsales-review campaign`."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from freshsales_review.decisions import campaigns as store
from freshsales_review.decisions.campaigns import Campaign, Wanted, close_campaign, open_campaign, progress
from freshsales_review.decisions.decide import Plan, plan, write, write_refused
from freshsales_review.decisions.population import require_marts
from freshsales_review.decisions.sheet import read_sheet
from freshsales_review.errors import ReviewError
from freshsales_review.options import loader_option, location_of, marts_schema_option, warehouse_option
from freshsales_review.terminal import printable
from freshsales_review.warehouse import open_to_write, open_warehouse

LAST_SECOND = timedelta(days=1, seconds=-1)


@click.command("decide")
@loader_option
@warehouse_option
@marts_schema_option
@click.option("--campaign", required=True, help="Campaign of the decisions; opened if it does not exist yet.")
@click.option(
    "--max-age-days",
    envvar="FRESHSALES_REVIEW_MAX_AGE_DAYS",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Refuse decisions that are based on an older read.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, and write nothing.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
def decide_command(  # noqa: PLR0917 - click passes them by name
    loader: str,
    warehouse: str | None,
    marts_schema: str,
    campaign: str,
    max_age_days: int,
    files: tuple[Path, ...],
    *,
    dry_run: bool,
) -> None:
    """Take the decisions of FILES, which the report exported and reviewers filled in.

    Every row is checked first. If a row is wrong, all problems are reported, nothing is taken, and the exit
    code is 1. The same decisions can be taken twice: the second time changes nothing.
    """
    location = location_of(loader, warehouse)
    campaign = _name(campaign)
    sheets = [read_sheet(path) for path in files]
    max_age = timedelta(days=max_age_days)
    if dry_run:
        with open_warehouse(location) as opened:
            made = plan(opened, marts_schema, sheets, campaign, max_age)
        _stop_at_problems(made)
        click.echo(f"{_summary(made)} Nothing was written: this was a dry run.")
        return
    with open_to_write(location) as writable:
        made = plan(writable, marts_schema, sheets, campaign, max_age)
        if made.checked.problems:
            if made.checked.self_decisions:
                write_refused(writable, made)
            newly_opened = []
        else:
            newly_opened = write(writable, marts_schema, made)
    _stop_at_problems(made)
    for one in newly_opened:
        click.echo(
            f"The campaign {campaign} of {one.account} is opened, with everybody of run {one.sync_id}."
        )
    click.echo(f"{_summary(made)} The next build of the marts shows what becomes of them.")


@click.group("campaign")
def campaign_group() -> None:
    """Open, list and close campaigns. A campaign says who is reviewed, and until when."""


@campaign_group.command("open")
@loader_option
@warehouse_option
@marts_schema_option
@click.option("--account", "wanted_accounts", multiple=True, help="Only this account; may be given again.")
@click.option("--department", help="Only people of this department.")
@click.option("--flag", help="Only people with this flag, as access_review names it.")
@click.option("--changed", is_flag=True, help="Only people who are new, or have changed, since the last one.")
@click.option(
    "--due",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day (UTC) on which the decisions may be carried out.",
)
@click.argument("name")
def open_command(  # noqa: PLR0917 - click passes them by name
    loader: str,
    warehouse: str | None,
    marts_schema: str,
    wanted_accounts: tuple[str, ...],
    department: str | None,
    flag: str | None,
    due: datetime | None,
    name: str,
    *,
    changed: bool,
) -> None:
    """Open the campaign NAME. The list of who is in scope is frozen, with its hash."""
    if sum([department is not None, flag is not None, changed]) > 1:
        raise ReviewError("A campaign has one scope: --department, --flag or --changed.")
    name = _name(name)
    due_at = due + LAST_SECOND if due else None
    if due_at and due_at < store.now():
        raise ReviewError("The day of --due is over: give a later one.")
    wanted = Wanted(department, flag, changed)
    with open_to_write(location_of(loader, warehouse)) as opened:
        require_marts(opened, marts_schema)
        accounts = store.accounts_of(opened, marts_schema)
        if unknown := set(wanted_accounts) - accounts.keys():
            raise ReviewError(
                f"No read of {', '.join(sorted(unknown))} is in the warehouse: "
                "run the job first, or name another account."
            )
        there = {one.account for one in store.campaigns(opened) if one.campaign == name}
        if again := there & set(wanted_accounts or accounts):
            raise ReviewError(
                f"The campaign {name} of {', '.join(sorted(again))} is there already: give it another name."
            )
        made = [
            open_campaign(opened, marts_schema, name, account, sync_id, wanted=wanted, due_at=due_at)
            for account, sync_id in accounts.items()
            if not wanted_accounts or account in wanted_accounts
        ]
        lines = [_line(one, progress(opened, one)) for one in made]
    for line in lines:
        click.echo(line)


@campaign_group.command("list")
@loader_option
@warehouse_option
def list_command(loader: str, warehouse: str | None) -> None:
    """List all campaigns, and how much of each is decided."""
    with open_warehouse(location_of(loader, warehouse)) as opened:
        lines = [_line(one, progress(opened, one)) for one in store.campaigns(opened)]
    for line in lines or ["There is no campaign."]:
        click.echo(line)


@campaign_group.command("close")
@loader_option
@warehouse_option
@click.argument("name")
def close_command(loader: str, warehouse: str | None, name: str) -> None:
    """Close the campaign NAME: it takes no more decisions. Its outcomes are still updated."""
    name = _name(name)
    with open_to_write(location_of(loader, warehouse)) as opened:
        found = [one for one in store.campaigns(opened) if one.campaign == name]
        if not found:
            raise ReviewError(f"There is no campaign {name}: `freshsales-review campaign list` names them.")
        still_open = [one for one in found if one.closed_at is None]
        if not still_open:
            raise ReviewError(f"The campaign {name} is closed already: open another one.")
        close_campaign(opened, still_open)
        lines = [_line(one, progress(opened, one)) for one in store.campaigns(opened) if one.campaign == name]
    for line in lines:
        click.echo(line)


def _name(campaign: str) -> str:
    name = " ".join(campaign.split())
    if not name or name != printable(name):
        raise ReviewError("The name of a campaign is a few words: give one such as 2026-Q4.")
    return name


def _stop_at_problems(made: Plan) -> None:
    if not made.checked.problems:
        return
    for problem in made.checked.problems:
        click.echo(printable(str(problem)), err=True)
    count = len(made.checked.problems)
    click.echo(f"{count} problem{'s' if count > 1 else ''}: nothing was written.", err=True)
    sys.exit(1)


def _summary(made: Plan) -> str:
    parts = [f"{len(made.new):,} decisions are new, {made.there:,} were there already."]
    if made.checked.undecided:
        parts.append(f"{made.checked.undecided:,} rows have no decision.")
    if made.overruled:
        rows = ", ".join(f"{one.file} row {one.row}" for one in made.overruled)
        parts.append(
            f"A later decision stands against what is there already: {printable(rows)}. "
            "To decide so anew, fill in decided_at."
        )
    return " ".join(parts)


def _line(one: Campaign, counts: tuple[int, int, int, int]) -> str:
    people, people_decided, grants, grants_decided = counts
    due = f"due {one.due_at:%Y-%m-%d}" if one.due_at else "no due date"
    state = f"closed {one.closed_at:%Y-%m-%d}" if one.closed_at else "open"
    return printable(
        f"{one.campaign}  {one.account}  {one.scope}  {state}, {due}  "
        f"{people_decided:,} of {people:,} people and {grants_decided:,} of {grants:,} grants decided  "
        f"population {one.population_sha256}"
    )
