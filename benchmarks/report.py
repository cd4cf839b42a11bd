"""Size of the review page, time to write it, and time until it can be used in a browser.

    python -m benchmarks.report [--people 20000]

The aim, for 20,000 people with 80,000 entitlements: at most 6 MB, written in under 5 s, usable in under 2 s.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.review import marts
from tests.review.conftest import DuckDBFile

RUNS = 5
COMMAND = "from freshsales_review.cli import main; main()"


@click.command(help=__doc__)
@click.option("--people", default=20_000, show_default=True)
def main(people: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBFile(Path(folder) / "warehouse.duckdb")
        warehouse.execute(*marts.create(), *marts.company(people))
        page = Path(folder) / "access-review.html"
        written = [write_seconds(warehouse, page) for _ in range(RUNS)]
        processor = children_seconds() / RUNS
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
            usable = [usable_seconds(browser, page) for _ in range(RUNS)]
            browser.close()
        [(entitlements,)] = warehouse.fetch("select count(*) from freshsales_identity.identity_entitlements")
        click.echo(f"{people:,} people, {entitlements:,} entitlements, {RUNS} runs, median (slowest)")
        click.echo(f"size     {page.stat().st_size / 1e6:.1f} MB")
        # On a machine that is busy with other things, the clock says less than the processor.
        click.echo(f"written  {words(written)}, {processor:.2f} s of the processor, a new process each time")
        click.echo(
            f"usable   {words(usable)}, from the start of loading to all tables, filters and charts drawn"
        )


def write_seconds(warehouse: DuckDBFile, page: Path) -> float:
    started = time.perf_counter()
    arguments = ["report", "--warehouse", warehouse.location, "--output", str(page)]
    subprocess.run(  # noqa: S603  -- our own command
        [sys.executable, "-c", COMMAND, *arguments], check=True, capture_output=True
    )
    return time.perf_counter() - started


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def usable_seconds(browser: Browser, page: Path) -> float:
    opened = browser.new_page()
    started = time.perf_counter()
    opened.goto(page.as_uri(), wait_until="commit")
    opened.locator("html[data-ready]").wait_for(state="attached")
    seconds = time.perf_counter() - started
    opened.close()
    return seconds


def words(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({max(seconds):.2f} s)"


if __name__ == "__main__":
    main()
