"""The bars that the tap has to meet. Each is a ratio of two figures of one run of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.results import Case, Results, Summary, fewest_requests

TAP = "this tap, 8 in flight"
PLAIN, DLT, AIRBYTE = "plain singer-sdk tap", "dlt rest_api, extract", "airbyte-cdk declarative"
RAW = "raw limit, 8 in flight"
WHY_CPU = (
    "About a quarter of the time of a record is parsing and writing of JSON. The rest makes its columns, and "
    "checks them: letter case of attributes, types, ids, and what a loader can take."
)


@dataclass(frozen=True)
class Bar:
    """`figure` must be at most `bar`, and at most `goal` if there is one. `why` explains a missed goal."""

    what: str
    figure: float
    bar: float
    goal: float | None = None
    why: str = ""

    @property
    def is_missed(self) -> bool:
        return self.figure > self.bar

    @property
    def verdict(self) -> str:
        if self.is_missed:
            return "**missed**"
        return "goal met" if self.goal is not None and self.figure <= self.goal else "met"


def held_to(results: Results) -> Iterator[Bar]:
    yield from _wall(results.of(Case("read", 10_000, 50)))
    yield from _cpu(results.of(Case("read", 10_000, 0)))
    yield from _sizes(results)
    yield from _growth(results)
    loads = results.of(Case("load", 10_000, 0))
    if loads:
        ratio = loads["this tap into target-duckdb"].wall / loads["dlt into DuckDB"].wall
        alone = loads["target-duckdb alone, from a file"].wall / loads["dlt into DuckDB"].wall
        why = (
            f"The loader alone, fed from a file with no tap at all, comes to {alone:.3f}: it flattens each "
            "record twice in Python, column by column. A smaller batch made it slower, leaving out its "
            "metadata columns or other DuckDB settings changed nothing, and it takes no BATCH files."
        )
        yield Bar("wall into DuckDB, of dlt", ratio, 1 / 4, 1 / 6, why)
    yield from _start(results.of(Case("start", 0, 0)))


def _wall(late: Mapping[str, Summary]) -> Iterator[Bar]:
    if not late:
        return
    wall = late[TAP].wall
    yield Bar("wall at 50 ms, of the plain tap", wall / late[PLAIN].wall, 1 / 6, why=WHY_CPU)
    yield Bar("wall at 50 ms, of dlt", wall / late[DLT].wall, 1 / 6, why=WHY_CPU)
    yield Bar("wall at 50 ms, of the raw limit with 8 in flight", wall / late[RAW].wall, 1.3, 1.15, WHY_CPU)


def _cpu(prompt: Mapping[str, Summary]) -> Iterator[Bar]:
    cpu = prompt[TAP].cpu
    yield Bar("CPU, of the plain tap", cpu / prompt[PLAIN].cpu, 0.45, 0.37, WHY_CPU)
    yield Bar("CPU, of dlt's extract", cpu / prompt[DLT].cpu, 0.45, why=WHY_CPU)
    yield Bar("CPU, of airbyte-cdk", cpu / prompt[AIRBYTE].cpu, 0.25, why=WHY_CPU)


def _sizes(results: Results) -> Iterator[Bar]:
    prompt = {case.people: results.of(case)[TAP] for case in results.cases("read") if case.latency_ms == 0}
    spent = [(results.of(case)[TAP].requests, fewest_requests(case.people)) for case in results.cases("read")]
    yield Bar(
        "requests, of the fewest possible, at any size", max(made / fewest for made, fewest in spent), 1
    )
    if 100_000 in prompt:
        yield Bar(
            "peak memory at 100,000 people, of that at 1,000",
            prompt[100_000].rss / prompt[1_000].rss,
            1.5,
            1.3,
        )


def _growth(results: Results) -> Iterator[Bar]:
    """Without start-up. All three figures are the least of the same rounds, in which they alternate."""
    cases = results.cases("growth")
    if not cases:
        return
    start, less, more = (results.of(case)[TAP].cpu for case in cases)
    yield Bar(
        "CPU above start-up at 100,000 people, of that at 10,000", (more - start) / (less - start), 11.5, 10
    )


def _start(starts: Mapping[str, Summary]) -> Iterator[Bar]:
    for name in ("--version", "--about", "--discover"):
        yield Bar(
            f"CPU of `{name}`, of `import singer_sdk`",
            starts[name].cpu / starts["import singer_sdk"].cpu,
            1.25,
        )
