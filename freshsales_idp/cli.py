"""`freshsales-idp`: load users, assignments and events of an Okta organization; check an HR roster."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from freshsales_idp import roster
from freshsales_idp.errors import IdpError
from freshsales_idp.settings import PREFIX, REQUIRED, WANTED, Settings
from freshsales_review.at_work import TellingGroup
from freshsales_review.errors import ReviewError
from freshsales_review.places import POSTGRESQL, landing_of

SETTINGS = "\n".join(
    f"  {PREFIX}{name.upper()}{'' if name in REQUIRED else ' (optional)'}\n      {wanted}"
    for name, wanted in WANTED.items()
)

MOST_PROBLEMS = 20


@click.group(cls=TellingGroup)
def main() -> None:
    """Load what the identity provider knows about the people of a Freshsales account."""


@main.command(epilog=f"\b\nSettings, from the environment:\n{SETTINGS}")
@click.option(
    "--warehouse",
    metavar="PATH|URL",
    help="DuckDB file that nothing else writes to, or `postgresql://`, which takes what it does not say from "
    "PGHOST, PGUSER and so on. Default: output/okta.duckdb",
)
@click.option(
    "--loader",
    type=click.Choice([POSTGRESQL]),
    help="Load into the database that this loader writes to, as Meltano has its settings.",
)
def okta(warehouse: str | None, loader: str | None) -> None:
    """Load Okta's users, the users of the named apps, and the log events that the marts use.

    The exit code is 1 if a list was not read to its end; its receipt says why.
    """
    try:
        if loader:
            warehouse, _ = landing_of(loader)
        settings = Settings.of(os.environ, warehouse)
        # The import takes a second. A wrong setting is reported before that.
        from freshsales_idp.loading import load  # noqa: PLC0415

        rows = load(settings)
    except (IdpError, ReviewError) as error:
        click.echo(f"freshsales-idp: {error}", err=True)
        sys.exit(1)
    for row in rows:
        name = f"{row['object']} of app {row['app_id']}" if row["app_id"] else row["object"]
        told = "read to its end" if row["is_complete"] else f"NOT complete. {row['incomplete_reason']}"
        click.echo(f"{name}: {row['rows']:,} rows, {told}", err=not row["is_complete"])
    sys.exit(0 if all(row["is_complete"] for row in rows) else 1)


@main.command()
@click.argument("file", required=False, envvar=roster.VARIABLE, type=click.Path(path_type=Path))
@click.option(
    "--receipt",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a receipt of the file here, a CSV file to load beside it.",
)
def check_roster(file: Path | None, receipt: Path | None) -> None:
    """Look for mistakes in the CSV file of a roster before it is loaded; prints each with its line.

    If a checksum of `sha256sum` is beside the file (roster.csv.sha256), the file counts as a whole list. Only
    then is a person who is not on it known to be missing.
    """
    if file is None:
        problems = [f"No file is named: set {roster.VARIABLE} to the path of the roster, a CSV file."]
    else:
        found = roster.checked(file)
        problems = found.problems
        if receipt and not problems:
            _write(receipt, found)
            reason = found.incomplete_reason
            told = f"not proven whole: {reason}" if reason else "the file that its checksum was made of"
            click.echo(f"{file.name}: {len(found.numbers):,} rows, {told}.")
    for problem in problems[:MOST_PROBLEMS]:
        click.echo(f"freshsales-idp: {problem}", err=True)
    if len(problems) > MOST_PROBLEMS:
        click.echo(f"freshsales-idp: and {len(problems) - MOST_PROBLEMS:,} more.", err=True)
    sys.exit(1 if problems else 0)


def _write(receipt: Path, found: roster.Checked) -> None:
    try:
        roster.write_receipt(receipt, found)
    except OSError as error:
        told = f"{receipt} cannot be written ({error.strerror}): name a file that you may write."
        click.echo(f"freshsales-idp: {told}", err=True)
        sys.exit(1)
