"""Shows what `verify` found: as JSON for a program, or in a few screens of text for a reader."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby

import click
from rich.console import Console
from rich.table import Table

from freshsales_review.losses import Threshold
from freshsales_review.terminal import cell
from freshsales_review.verify import RECEIPTS, Check

# With more accounts than this, only what is wrong is listed.
MOST_TABLES = 5
MOST_LINES = 20


def print_findings(checks: Sequence[Check], threshold: Threshold) -> None:
    """Print the findings for a reader."""
    console = Console()
    accounts = len({check.receipt.account for check in checks})
    if accounts <= MOST_TABLES:
        of_streams = [check for check in checks if check.receipt.stream != RECEIPTS]
        for account, of_account in groupby(of_streams, key=lambda check: check.receipt.account):
            console.print(_table(account, list(of_account)))
        _print(console, "red", map(_told, (check for check in checks if check.receipt.stream == RECEIPTS)))
    else:
        _print(
            console,
            "yellow",
            (
                f"{_name(check)} was not read to its end: {check.receipt.incomplete_reason}"
                for check in checks
                if check.receipt.incomplete_reason
            ),
        )
        _print(console, "red", map(_told, (check for check in checks if check.differences)))
    held_back = (_told_held_back(check) for check in checks if _is_held_back(check, threshold))
    _print(console, "bold yellow", held_back)
    differing = sum(bool(check.differences) for check in checks)
    if differing:
        console.print(f"{differing} of {len(checks)} streams differ from what was sent.", style="bold red")
    else:
        console.print(f"All {len(checks)} streams hold exactly the rows that were sent.", style="green")


def print_json(checks: Sequence[Check], threshold: Threshold) -> None:
    """Print the findings as JSON."""
    found = [
        {
            "account": check.receipt.account,
            "stream": check.receipt.stream,
            "sync_id": check.receipt.sync_id or None,
            "is_complete": check.receipt.is_complete,
            "incomplete_reason": check.receipt.incomplete_reason,
            "rows_sent": check.receipt.records,
            "rows_in_warehouse": check.held.rows,
            "is_held_back": _is_held_back(check, threshold),
            "differences": check.differences,
        }
        for check in checks
    ]
    has_differences = any(check.differences for check in checks)
    click.echo(json.dumps({"has_differences": has_differences, "streams": found}, indent=2))


def _print(console: Console, style: str, lines: Iterable[str]) -> None:
    every = list(lines)
    for line in every[:MOST_LINES]:
        console.print(cell(line), style=style, soft_wrap=True, highlight=False)
    if len(every) > MOST_LINES:
        console.print(f"... and {len(every) - MOST_LINES:,} more.", style=style)


def _told(check: Check) -> str:
    return f"{_name(check)}: {'; '.join(check.differences)}."


def _name(check: Check) -> str:
    return f"{check.receipt.stream} of {check.receipt.account}"


def _is_held_back(check: Check, threshold: Threshold) -> bool:
    return check.loss is not None and threshold.holds_back(check.receipt.sync_id, check.loss)


def _told_held_back(check: Check) -> str:
    receipt, loss = check.receipt, check.loss
    assert loss is not None  # noqa: S101 - held back by it
    return (
        f"{_name(check)} is held back: {loss.rows_missing:,} rows that were there "
        f"before are missing; the complete read before had {loss.rows_read_before:,}. Nobody is gone by "
        "it until the next complete read agrees. Look whether the credential still sees everybody. If "
        "they have really gone, run again, or build the marts with "
        f"FRESHSALES_CONFIRMED_SYNC_IDS={receipt.sync_id}."
    )


def _table(account: str, checks: list[Check]) -> Table:
    run = max(check.receipt.sync_id for check in checks)
    table = Table(title=cell(f"{account}, run {run or 'none'}"), title_justify="left")
    table.add_column("stream", no_wrap=True)
    table.add_column("rows sent", justify="right")
    table.add_column("in warehouse", justify="right")
    table.add_column("read to its end")
    table.add_column("rows are those sent")
    for check in checks:
        receipt = check.receipt
        complete = (
            "yes"
            if receipt.is_complete
            else f"[yellow]no[/]: {cell(receipt.incomplete_reason or 'no reason given')}"
        )
        same = f"[red]no[/]: {cell('; '.join(check.differences))}" if check.differences else "[green]yes[/]"
        table.add_row(cell(receipt.stream), f"{receipt.records:,}", f"{check.held.rows:,}", complete, same)
    return table
