"""Measures the review page: its size, the time to write it, and the time until a browser can use it.

    python -m benchmarks.review_page [--people 20000]

The aim, for 20,000 people with 80,000 entitlements: at most 6 MB, written in under 5 s, usable in under 2 s.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click
from playwright.sync_api import Browser, sync_playwright

from tools import marts
from tools.chromium import FLAGS, executable
from tools.warehouses import DuckDBFile

RUNS = 5
COMMAND = "from freshsales_review.cli import main; main()"


@click.command(help=__doc__)
@click.option("--people", default=20_000, show_default=True)
def main(people: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBFile(Path(folder) / "warehouse.duckdb")
        warehouse.execute(*marts.create(), *marts.company(people))
        page = Path(folder) / "access-review.html"
        written = [write(warehouse, page) for _ in range(RUNS)]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
            usable = [use(browser, page) for _ in range(RUNS)]
            browser.close()
        [(entitlements,)] = warehouse.fetch("select count(*) from freshsales_identity.identity_entitlements")
        click.echo(f"{people:,} people, {entitlements:,} entitlements; median of {RUNS} runs (slowest)")
        click.echo(f"size     {page.stat().st_size / 1e6:.1f} MB")
        click.echo(f"written  {words(written)}; a new process each time")
        click.echo(f"usable   {words(usable)}; from the start to all tables, filters and charts drawn")


class Took(NamedTuple):
    """Wall time and CPU time. On a busy machine, CPU time says more."""

    clock_seconds: float
    processor_seconds: float


def write(warehouse: DuckDBFile, page: Path) -> Took:
    started, used = time.perf_counter(), children_seconds()
    arguments = ["report", "--warehouse", warehouse.location, "--output", str(page)]
    subprocess.run([sys.executable, "-c", COMMAND, *arguments], check=True, capture_output=True)
    return Took(time.perf_counter() - started, children_seconds() - used)


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def use(browser: Browser, page: Path) -> Took:
    """Open the page. The CPU time is that of its main thread."""
    opened = browser.new_page()
    devtools = opened.context.new_cdp_session(opened)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    started = time.perf_counter()
    opened.goto(page.as_uri(), wait_until="commit")
    opened.locator("html[data-ready]").wait_for(state="attached")
    seconds = time.perf_counter() - started
    metrics = {
        metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]
    }
    opened.close()
    return Took(seconds, metrics["TaskDuration"])


def words(runs: list[Took]) -> str:
    clock, processor = zip(*runs, strict=True)
    return (
        f"{statistics.median(clock):.2f} s ({max(clock):.2f} s), of the processor "
        f"{statistics.median(processor):.2f} s ({max(processor):.2f} s)"
    )


if __name__ == "__main__":
    main()
