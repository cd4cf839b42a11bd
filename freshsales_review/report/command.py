"""The commands `freshsales-review report` and `freshsales-review fleet-report`."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from freshsales_review.options import (
    loader_option,
    location_of,
    marts_schema_option,
    output_option,
    warehouse_option,
    without_names_option,
)
from freshsales_review.report.data import accounts_in, read, require_marts
from freshsales_review.report.fleet import Inventory, overview, page_name
from freshsales_review.report.fleet import render as render_overview
from freshsales_review.report.render import render
from freshsales_review.report.write import write_private
from freshsales_review.terminal import cell, printable
from freshsales_review.warehouse import open_warehouse


@click.command("report")
@loader_option
@warehouse_option
@marts_schema_option
@output_option
@without_names_option
@click.option("--account", help="Host name of the one account that the page is about.  [default: all]")
@click.option(
    "--all",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write one page for each account into this folder, in place of one page at --output.",
)
def report_command(
    *,
    loader: str,
    warehouse: str | None,
    marts_schema: str,
    output: Path,
    account: str | None,
    folder: Path | None,
    without_names: bool,
) -> None:
    """Write the access review as one HTML page that needs no server and no network.

    A page of one account has nothing of other accounts in it, so the people of that account may have it.
    """
    if account is not None and folder is not None:
        raise click.UsageError("Give --account or --all, not both.")
    location = location_of(loader, warehouse)
    if folder is None:
        write_report(location, marts_schema, output, names=not without_names, account=account)
        return
    with open_warehouse(location) as opened:
        require_marts(opened, marts_schema)
        for each in accounts_in(opened, marts_schema):
            report = read(
                opened, marts_schema, names=not without_names, account=each, written_at=datetime.now(UTC)
            )
            write_private(folder / page_name(each), render(report))
            click.echo(
                f"{printable(str(folder / page_name(each)))}: {len(report.panels['people'].rows):,} people"
            )


@click.command("fleet-report")
@loader_option
@warehouse_option
@marts_schema_option
@click.option(
    "--output",
    default="output/fleet.html",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; only its owner may read it.",
)
@click.option(
    "--pages",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of `report --all`, to link to the page of each account.",
)
@click.option(
    "--inventory",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON of what had to be read (`since`, and `accounts` with `host` and `required_streams`). What was "
    "not read is shown as failing, even if the account was never read.",
)
def fleet_report_command(
    *,
    loader: str,
    warehouse: str | None,
    marts_schema: str,
    output: Path,
    pages: Path | None,
    inventory: Path | None,
) -> None:
    """Write an overview of all accounts as one HTML page, without any person.

    It says for each account when it was read, since when and why it fails, and how many people have a flag.
    """
    due = None if inventory is None else Inventory.load(inventory)
    location = location_of(loader, warehouse)
    with open_warehouse(location) as opened:
        found = overview(opened, marts_schema, due)
    links = {}
    if pages is not None:
        for row in found.accounts:
            page = pages / page_name(row.account)
            if page.exists():
                links[row.account] = Path(os.path.relpath(page, output.parent)).as_posix()
    write_private(output, render_overview(found, links))
    click.echo(
        f"{printable(str(output))}: {len(found.due):,} accounts, {len(found.failing):,} of them failing"
    )


def write_report(
    warehouse: str, marts_schema: str, output: Path, *, names: bool, account: str | None = None
) -> None:
    with open_warehouse(warehouse) as opened:
        report = read(opened, marts_schema, names=names, account=account, written_at=datetime.now(UTC))
    write_private(output, render(report))
    people = len(report.panels["people"].rows)
    Console(highlight=False).print(f"{cell(output)}: {people:,} people, {output.stat().st_size / 1e6:.1f} MB")
