"""The figures of every round, by case and contestant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from benchmarks.measure import Figures

PAGE_SIZE = 100
# No people, for the start-up alone; and two sizes, of which one is ten times the other.
GROWTH_PEOPLE = (0, 10_000, 100_000)


@dataclass(frozen=True)
class Case:
    """`kind` is read, growth, load or start."""

    kind: str
    people: int
    latency_ms: int

    def __str__(self) -> str:
        if self.kind == "start":
            return "start-up"
        return f"{self.kind}, {self.people:,} people, {self.latency_ms} ms"


@dataclass(frozen=True)
class Summary:
    """Over several rounds: the least and the greatest time, and the largest memory."""

    wall: float
    wall_greatest: float
    cpu: float
    cpu_greatest: float
    rss: float
    requests: int
    rounds: int


class Results:
    def __init__(self) -> None:
        self._rounds: dict[Case, dict[str, list[Figures]]] = {}

    def add(self, case: Case, contestant: str, figures: Figures) -> None:
        self._rounds.setdefault(case, {}).setdefault(contestant, []).append(figures)

    def cases(self, kind: str) -> list[Case]:
        """By latency, then size."""
        found = [case for case in self._rounds if case.kind == kind]
        return sorted(found, key=lambda case: (case.latency_ms, case.people))

    def of(self, case: Case) -> Mapping[str, Summary]:
        return {name: _summary(rounds) for name, rounds in self._rounds.get(case, {}).items()}

    def drawn(self) -> list[dict[str, Any]]:
        """The cases in the picture."""
        return [
            {"case": str(case), "name": name, "wall": summary.wall, "cpu": summary.cpu}
            for case in (Case("read", 10_000, 50), Case("read", 10_000, 0), Case("load", 10_000, 0))
            for name, summary in self.of(case).items()
        ]


def fewest_requests(people: int) -> int:
    """The number of requests: one for each page of owners, who have a total, and of SCIM pages.

    SCIM pages overlap by one record: 1 + (n - p) / (p - 1) pages. An empty list costs one request as well.
    """
    rest = max(ceil(people / PAGE_SIZE), 1)
    scim = 1 + max(ceil((people - PAGE_SIZE) / (PAGE_SIZE - 1)), 0)
    return rest + scim


def _summary(rounds: list[Figures]) -> Summary:
    walls, cpus = [one.wall_seconds for one in rounds], [one.cpu_seconds for one in rounds]
    return Summary(
        min(walls), max(walls), min(cpus), max(cpus),
        max(one.rss_mib for one in rounds), max(one.requests for one in rounds), len(rounds),
    )  # fmt: skip
