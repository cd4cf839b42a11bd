"""Writes RESULTS.md: what was measured, on which machine, and how to measure it again."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.bars import held_to
from benchmarks.environments import HERE
from benchmarks.results import Case, Results, Summary, fewest_requests

OWN = ("tap-freshsales-users", "singer-sdk", "orjson", "requests", "urllib3")
PEERS = {
    "plain": ("singer-sdk",),
    "dlt": ("dlt", "duckdb"),
    "airbyte": ("airbyte-cdk",),
    "pyairbyte": ("airbyte",),
    "loader": ("target-duckdb", "duckdb"),
    "tools": ("urllib3", "orjson"),
}
INTRODUCTION = """\
# Benchmark

Made by `make bench`; not edited by hand. Each contestant reads the same two lists, owners and SCIM
users (two records a person, ids of 36 characters, 100 a page), as a whole process: interpreter and
imports included. A server on loopback, in a process of its own, answers from pages made beforehand,
with a latency or without. All run in one go, in turn, several rounds. The least time of the rounds
is quoted, since other work on the machine only ever adds to it, with the greatest behind it as the
spread. Memory is the peak of the largest process, the greatest of the rounds. Before that, each
wrote its records to a file once, and they were counted.

The plain tap, dlt and airbyte-cdk do what their template or documents say for such a list, no more:
one page after another (airbyte-cdk reads the two lists side by side). dlt writes its extract to
files; the others write to nowhere. The raw limit downloads, parses and dumps, and proves nothing.
Where the load is measured, this tap's dlt source stands beside dlt's own, and its Airbyte source beside
the declarative one, both behind PyAirbyte. There the declarative source stores ids alone, since its
schema names no other column, and this one all of its columns.

![Wall and CPU time]({picture})
"""
CASE_HEAD = """\
| | wall, s | to | CPU, s | to | peak RSS, MiB | requests |
|---|--:|--:|--:|--:|--:|--:|"""


def written(results: Results) -> str:
    parts = [INTRODUCTION.format(picture="results.svg"), "## Bars\n", _bars(results)]
    for case in [*results.cases("read"), *results.cases("growth"), *results.cases("load")]:
        parts += [f"## {_title(case)}\n", _table(results, case)]
    parts += ["## Start-up\n", _table(results, Case("start", 0, 0))]
    parts += ["## Where\n", _place(), "## Again\n", _again()]
    return "\n".join(parts)


def _title(case: Case) -> str:
    if case.kind == "load":
        return f"Into DuckDB, {case.people:,} people, no latency"
    if case.kind == "growth":
        return f"Growth, {case.people:,} people, no latency"
    latency = f"{case.latency_ms} ms" if case.latency_ms else "no latency"
    return f"{case.people:,} people, {latency}"


def _bars(results: Results) -> str:
    lines = ["| ratio | measured | bar | goal | |", "|---|--:|--:|--:|---|"]
    for bar in held_to(results):
        goal = "" if bar.goal is None else f"{bar.goal:.3f}"
        lines.append(f"| {bar.what} | {bar.figure:.3f} | {bar.bar:.3f} | {goal} | {bar.verdict} |")
    lines += [f"\nMissed: {bar.what}. {bar.why}" for bar in held_to(results) if bar.is_missed]
    return "\n".join(lines) + "\n"


def _table(results: Results, case: Case) -> str:
    rows = [_row(name, summary) for name, summary in results.of(case).items()]
    rounds = next(iter(results.of(case).values())).rounds
    notes = [f"{rounds} {'round' if rounds == 1 else 'rounds'}"]
    if case.kind == "read":
        notes.append(f"fewest requests with overlapping SCIM pages: {fewest_requests(case.people):,}")
    return "\n".join([CASE_HEAD, *rows, "", "; ".join(notes) + ".", ""])


def _row(name: str, summary: Summary) -> str:
    return (
        f"| {name} | {summary.wall:.2f} | {summary.wall_greatest:.2f} | {summary.cpu:.2f} | "
        f"{summary.cpu_greatest:.2f} | {summary.rss:.0f} | {summary.requests:,} |"
    )


def _place() -> str:
    own = ", ".join(f"{name} {version(name)}" for name in OWN)
    peers = "; ".join(f"{name}: {', '.join(_pinned(name, PEERS[name]))}" for name in PEERS)
    load = os.getloadavg()[2]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {_processor()}, {os.cpu_count()} cores; mean load of the last 15 minutes "
        f"{load:.1f}. Tap: {own}. Peers, each in an environment of its own: {peers}.\n"
    )


def _pinned(environment: str, packages: tuple[str, ...]) -> list[str]:
    pins = dict(
        line.partition(" ;")[0].strip().split("==")
        for line in (HERE / "requirements" / f"{environment}.txt").read_text().splitlines()
        if "==" in line
    )
    return [f"{package} {pins[package]}" for package in packages]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown processor"
    )


def _again() -> str:
    return (
        "`make bench` measures all of this again in about a quarter of an hour, and builds the environments "
        "that it needs. `.venv/bin/python -m benchmarks --quick` takes about a minute, and prints the same "
        "tables for 10,000 people at the most.\n"
    )
