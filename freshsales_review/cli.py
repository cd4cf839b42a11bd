"""The command `freshsales-review`."""

import sys
from itertools import groupby
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from freshsales_review.errors import ReviewError
from freshsales_review.report.data import read
from freshsales_review.report.render import render
from freshsales_review.report.write import write_private
from freshsales_review.verify import Check, verify
from freshsales_review.warehouse import open_warehouse

_warehouse_option = click.option(
    "--warehouse",
    envvar="FRESHSALES_REVIEW_WAREHOUSE",
    default="output/warehouse.duckdb",
    show_default=True,
    help="Path of a DuckDB file, or a postgresql:// URL.",
)


class _Commands(click.Group):
    """Every command says what went wrong in one sentence, and exits 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ReviewError as error:
            Console(stderr=True, soft_wrap=True, highlight=False).print(f"Error: {error}", markup=False)
            ctx.exit(1)


@click.group(cls=_Commands)
@click.version_option(package_name="tap-freshsales-users")
def main() -> None:
    """Check and review what the pipeline loaded; the warehouse is only ever read."""


@main.command("verify")
@click.option(
    "--landing",
    envvar="TARGET_DUCKDB_FILEPATH",
    default="output/landing.duckdb",
    show_default=True,
    help="Where the loader writes: path of a DuckDB file, or a postgresql:// URL.",
)
@click.option(
    "--schema",
    envvar="TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA",
    default="freshsales",
    show_default=True,
    help="Schema that the loader writes into.",
)
def verify_command(landing: str, schema: str) -> None:
    """Hold the rows that the loader wrote against the receipts of the latest run.

    Exits 1 when a row that was read is missing, is there twice, or is another one.
    """
    with open_warehouse(landing) as opened:
        checks = verify(opened, schema)
    console = Console()
    for account, of_account in groupby(checks, key=lambda check: check.receipt.account):
        console.print(_table(account, list(of_account)))
    differing = sum(bool(check.differences) for check in checks)
    if differing:
        console.print(f"{differing} of {len(checks)} streams differ from what was read.", style="bold red")
        sys.exit(1)
    console.print(f"All {len(checks)} streams hold exactly the rows that were read.", style="green")


@main.command("report")
@_warehouse_option
@click.option(
    "--marts-schema",
    envvar="FRESHSALES_REVIEW_MARTS_SCHEMA",
    default="freshsales_identity",
    show_default=True,
    help="Schema that the marts live in.",
)
@click.option(
    "--output",
    envvar="FRESHSALES_REVIEW_OUTPUT",
    default="output/access-review.html",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; only its owner may read it.",
)
@click.option("--without-names", is_flag=True, help="Leave names and emails of people out.")
def report_command(warehouse: str, marts_schema: str, output: Path, *, without_names: bool) -> None:
    """Write the access review as one HTML page that needs no server and no network."""
    with open_warehouse(warehouse) as opened:
        report = read(opened, marts_schema, names=not without_names)
    write_private(output, render(report))
    people = len(report.panels["people"].rows)
    Console(highlight=False).print(f"{output}: {people:,} people, {output.stat().st_size / 1e6:.1f} MB")


def _table(account: str, checks: list[Check]) -> Table:
    table = Table(title=escape(f"{account}, run {checks[0].receipt.sync_id}"), title_justify="left")
    table.add_column("stream", no_wrap=True)
    table.add_column("rows read", justify="right")
    table.add_column("in warehouse", justify="right")
    table.add_column("read to its end")
    table.add_column("rows are those read")
    for check in checks:
        receipt = check.receipt
        complete = (
            "yes"
            if receipt.is_complete
            else f"[yellow]no[/]: {escape(receipt.incomplete_reason or 'no reason given')}"
        )
        same = f"[red]no[/]: {'; '.join(check.differences)}" if check.differences else "[green]yes[/]"
        table.add_row(receipt.stream, f"{receipt.records:,}", f"{check.held.rows:,}", complete, same)
    return table
