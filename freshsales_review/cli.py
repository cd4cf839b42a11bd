"""The command `freshsales-review`."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from freshsales_review.at_work import TellingGroup
from freshsales_review.capture import SELECTION, due
from freshsales_review.changes.command import changes_command
from freshsales_review.dbt import load_dbt, run_dbt
from freshsales_review.decisions.command import campaign_group, decide_command
from freshsales_review.errors import ReviewError
from freshsales_review.evidence.command import evidence_command
from freshsales_review.findings import print_findings, print_json
from freshsales_review.forget import forget, traces_of
from freshsales_review.forget_person import find, forget_person
from freshsales_review.forget_person import traces_of as traces_of_person
from freshsales_review.losses import Threshold
from freshsales_review.options import (
    loader_option,
    marts_schema_option,
    output_option,
    without_names_option,
)
from freshsales_review.places import (
    DEFAULTS,
    landing_of,
    places_of,
)
from freshsales_review.pseudonyms import check_key, key_of_environment, known_in, revealed
from freshsales_review.raw import messages
from freshsales_review.report.assets import charts
from freshsales_review.report.command import fleet_report_command, report_command, write_report
from freshsales_review.row_changes import rewrite_warehouse
from freshsales_review.terminal import cell, printable, show_what_can_be_shown
from freshsales_review.timeliness import Run, check_timely, latest_runs
from freshsales_review.verify import KEYS, Check, Due, verify
from freshsales_review.warehouse import open_warehouse

_landing = click.option(
    "--landing",
    help="Where the loader writes, in place of its settings: a DuckDB file, or a postgresql:// URL.",
)
_schema = click.option("--schema", help="Schema that the loader writes into, in place of its settings.")
_max_age_minutes = click.option(
    "--max-age-minutes",
    envvar="FRESHSALES_REVIEW_MAX_AGE_MINUTES",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Fail if the latest run ended longer ago than this.",
)
_sync_id = click.option(
    "--sync-id",
    envvar="FRESHSALES_REVIEW_SYNC_ID",
    help="Fail if this is not the latest run of an account; its age does not matter then.",
)


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter("give a date-time, such as 2026-01-31T06:00:00Z.") from None


def _streams(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (value or "").split(",") if name.strip())
    unknown = sorted({*names} - {*KEYS})
    if unknown:
        raise click.BadParameter(f"there is no stream {', '.join(unknown)}; these are: {', '.join(KEYS)}.")
    return names


class _Commands(TellingGroup):
    """Commands that report an error in one sentence, with exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            show_what_can_be_shown()
            return super().invoke(ctx)
        except ReviewError as error:
            Console(stderr=True, soft_wrap=True, highlight=False).print(f"Error: {cell(error)}")
            ctx.exit(1)


@click.group(cls=_Commands)
@click.version_option(package_name="tap-freshsales-users")
def main() -> None:
    """Check what the pipeline loaded, build the marts, and review them."""


main.add_command(changes_command)
main.add_command(decide_command)
main.add_command(campaign_group)
main.add_command(evidence_command)
main.add_command(report_command)
main.add_command(fleet_report_command)


@main.command("verify")
@loader_option
@_landing
@_schema
@_max_age_minutes
@_sync_id
@click.option(
    "--account",
    "accounts",
    multiple=True,
    help="Host name of an account, as in its records; may be given more than once.  [default: all]",
)
@click.option(
    "--since",
    metavar="TIME",
    callback=_moment,
    help="What is due must have been read since then (2026-01-31T06:00:00Z); its age does not matter.",
)
@click.option(
    "--streams",
    metavar="A,B",
    callback=_streams,
    help="Streams that each account must have.  [default with --since: all that it ever had]",
)
@click.option("--require-complete", is_flag=True, help="Fail if a stream was not read to its end.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def verify_command(
    *,
    loader: str,
    landing: str | None,
    schema: str | None,
    max_age_minutes: int,
    sync_id: str | None,
    accounts: tuple[str, ...],
    since: datetime | None,
    streams: tuple[str, ...],
    require_complete: bool,
    as_json: bool,
) -> None:
    """Compare the rows that the loader wrote with the receipts of the latest run.

    The exit code is 1 if a row that was sent is missing, doubled or changed, if a stream that was due has no
    receipt, or if the latest run is not the one that was just made. A read that is held back is reported, but
    is no failure: it marks nobody as removed, and the marts and the report say so, too. A stream that was not
    read to its end is a failure only with --require-complete.
    """
    if landing is None:
        landing, of_loader = landing_of(loader)
        schema = schema or of_loader
    due = Due(accounts, streams, since, require_complete)
    max_age = None if since else timedelta(minutes=max_age_minutes)
    findings = _findings(landing, schema or DEFAULTS[loader]["default_target_schema"], due)
    show = print_json if as_json else print_findings
    show(findings.checks, Threshold.of(os.environ))
    check_timely(findings.runs, datetime.now(UTC), max_age, sync_id)
    if any(check.differences for check in findings.checks):
        sys.exit(1)


@main.command("capture")
@loader_option
def capture_command(loader: str) -> None:
    """Put complete reads into the history that no build has seen, before a load overwrites their rows.

    Run it as the first step of a job. If the last job failed after its load, this keeps what that job read.
    Otherwise it does nothing.
    """
    places = places_of(loader)
    reads = due(places)
    if not reads:
        click.echo("Every complete read is in the history: nothing to capture.")
        return
    click.echo(
        f"{len(reads)} complete reads are not in the history yet, up to run {printable(reads[-1].sync_id)}."
    )
    run_dbt(places, "run", "--select", SELECTION)


@main.command("build")
@loader_option
@marts_schema_option
@output_option
@without_names_option
@_max_age_minutes
@_sync_id
def build_command(
    loader: str,
    marts_schema: str,
    output: Path,
    max_age_minutes: int,
    sync_id: str | None,
    *,
    without_names: bool,
) -> None:
    """Verify the load, build and test the marts, and write the report.

    If the loader lost rows of an account, the marts are still built: those of the other accounts are right,
    and for this account such a read marks nobody as removed. But no report is written, and the exit code is
    1.
    """
    with ThreadPoolExecutor() as pool:
        # Import dbt while Meltano is asked for its settings: each takes more than a second.
        asked = pool.submit(places_of, loader)
        load_dbt()
        places = asked.result()
        findings = _findings(places.landing, places.schema, Due())
        print_findings(findings.checks, Threshold.of(os.environ))
        check_timely(findings.runs, datetime.now(UTC), timedelta(minutes=max_age_minutes), sync_id)
        # The scripts of the charts take more than a second as well. Load them at the same time.
        pool.submit(charts)
        # Unit tests test the models, not the data. `make test` runs them.
        run_dbt(places, "build", "--exclude-resource-type", "unit_test")
    if any(check.differences for check in findings.checks):
        sys.exit(1)
    write_report(places.warehouse, marts_schema, output, names=not without_names)


@main.command("raw")
@click.argument("source", type=click.Path(dir_okay=False))
@click.option("--schema", default="freshsales", show_default=True, help="Schema of the raw tables.")
def raw_command(source: str, schema: str) -> None:
    """Print the raw tables in SOURCE, a DuckDB file, for the loader to put into another file."""
    with open_warehouse(source) as opened:
        for message in messages(opened, schema):
            click.echo(json.dumps(message))


@main.command("forget")
@loader_option
@click.option("--yes", is_flag=True, help="Do it. Without this, the command only says what it would remove.")
@click.argument("sync_id")
def forget_command(loader: str, sync_id: str, *, yes: bool) -> None:
    """Remove the run SYNC_ID from the raw tables and the history, as if it had never been made.

    Use it for a run from the future, which was made while a clock was ahead. Run the job again afterwards:
    it reads everybody again.
    """
    places = places_of(loader)
    traces = traces_of(places, sync_id)
    for part in traces:
        click.echo(f"{part.rows:>9,} rows  {part.table}")
    if not yes:
        click.echo(f"Nothing was changed. With --yes, all of run {sync_id} is taken out for good.")
        return
    forget(places, traces, sync_id)
    click.echo(f"Run {sync_id} is taken out. Now run the job again, so that the marts follow.")


@main.command("forget-person")
@loader_option
@marts_schema_option
@output_option
@without_names_option
@click.option("--yes", is_flag=True, help="Do it. Without this, the command only says what it would remove.")
@click.argument("who")
def forget_person_command(
    loader: str, marts_schema: str, output: Path, who: str, *, without_names: bool, yes: bool
) -> None:
    """Remove a person for good from the raw tables, the history, the marts and the report.

    WHO is an address, an id of Freshsales, or an identity key. If the person is still in Freshsales, delete
    them there first, and run the job. Data of an identity provider or of HR is not removed: remove the person
    there, and load it again.
    """
    places = places_of(loader)
    traces = traces_of_person(places, find(places, who))
    for place, rows in traces.rows.items():
        click.echo(f"{rows:>9,} rows  {printable(place)}")
    if not yes:
        click.echo("Nothing was changed. With --yes, all of it is taken out for good.")
        return
    load_dbt()
    forget_person(places, traces)
    run_dbt(places, "run")
    rewrite_warehouse(places)
    if output.exists():
        write_report(places.warehouse, marts_schema, output, names=not without_names)
    click.echo("The person is taken out. Backups, and copies of these files elsewhere, are yours to change.")


@main.command("dbt", context_settings={"ignore_unknown_options": True})
@loader_option
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def dbt_command(loader: str, arguments: tuple[str, ...]) -> None:
    """Run any command of dbt on the warehouse that the settings of the loader name."""
    run_dbt(places_of(loader), *arguments, write_unread=True)


@main.command("reveal")
@loader_option
@marts_schema_option
@click.argument("addresses", type=click.Path(path_type=Path, dir_okay=False))
def reveal_command(loader: str, marts_schema: str, addresses: Path) -> None:
    """Show which people the pseudonyms of an account stand for.

    ADDRESSES is a CSV file with an address in each line, and a column `name` if you like. The key is taken
    from TAP_FRESHSALES_USERS_PSEUDONYM_KEY. Nothing is written.
    """
    key, known = key_of_environment(), known_in(addresses)
    places = places_of(loader)
    with open_warehouse(places.landing) as landing:
        check_key(landing, places.schema, key)
    with open_warehouse(places.warehouse) as warehouse:
        people = list(revealed(warehouse, marts_schema, key, known))
    table = Table(title_justify="left")
    table.add_column("address", overflow="fold")
    for heading in ("name", "account", "status", "risk", "reasons"):
        table.add_column(heading)
    for one in people:
        table.add_row(
            *(cell(text or "") for text in (one.known.address, one.known.name, one.account, one.status)),
            str(one.risk_score),
            cell(one.reasons),
        )
    console = Console(highlight=False)
    console.print(table)
    found = len({one.known.address for one in people})
    console.print(f"{found:,} of {len(known):,} addresses are those of somebody in the review.")


@dataclass(frozen=True)
class _Findings:
    checks: list[Check]
    runs: list[Run]


def _findings(landing: str, schema: str, due: Due) -> _Findings:
    with open_warehouse(landing) as opened:
        return _Findings(verify(opened, schema, due), latest_runs(opened, schema, due.accounts))
