"""Measures the tap and its peers, and writes benchmarks/RESULTS.md and benchmarks/results.svg.

python -m benchmarks            all sizes, several rounds: about a quarter of an hour
python -m benchmarks --quick    10,000 people at the most, one or two rounds: about a minute; writes nothing
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import environments
from benchmarks.contestants import Contestant, Contestants
from benchmarks.markdown import written
from benchmarks.measure import Figures, Server, run
from benchmarks.results import GROWTH_PEOPLE, Case, Results

CHECKED_PEOPLE = 1_000
# People, latency in ms, rounds.
WHOLE = (
    (1_000, 0, 5),
    (10_000, 0, 6),
    (1_000, 50, 2),
    (10_000, 50, 3),
    (100_000, 0, 3),
    (100_000, 50, 1),
)
QUICK = ((1_000, 0, 1), (10_000, 0, 2), (1_000, 50, 1))
# Sequential readers would wait 100 s here, for latency alone.
TOO_LONG_TO_WAIT = (100_000, 50)
LOAD_PEOPLE = 10_000
LOAD_ROUNDS, START_ROUNDS, GROWTH_ROUNDS = 4, 15, 8


class Benchmark:
    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self._log = folder / "log"
        self._output = folder / "output"
        self._contestants = Contestants(server.url, folder)
        self.results = Results()

    def check(self) -> None:
        """Run each contestant once, which also warms it up; raises RuntimeError if records are missing."""
        self._server.list_people(CHECKED_PEOPLE, 0)
        for reader in self._contestants.readers():
            reader.prepare()
            run(reader.command, self._log, self._output)
            found = reader.count(self._output)
            if found != 2 * CHECKED_PEOPLE:
                raise RuntimeError(f"{reader.name} wrote {found} records of {2 * CHECKED_PEOPLE}")
        for loading in self._contestants.loads():
            self._measure(loading, CHECKED_PEOPLE, 0)
            self._check_rows(loading, CHECKED_PEOPLE)

    def read(self, people: int, latency_ms: int, rounds: int) -> None:
        readers = self._contestants.readers()
        if (people, latency_ms) == TOO_LONG_TO_WAIT:
            readers = [reader for reader in readers if not reader.is_sequential]
        self._alternate(Case("read", people, latency_ms), readers, rounds)

    def grow(self, rounds: int) -> None:
        """Measure the empty directory, too, in the same rounds: it gives the cost of start-up."""
        print(f"growth: {rounds} rounds of {len(GROWTH_PEOPLE)} sizes", flush=True)
        tap = self._contestants.tap(8)
        for _ in range(rounds):
            for people in GROWTH_PEOPLE:
                self.results.add(Case("growth", people, 0), tap.name, self._measure(tap, people, 0))

    def load(self, people: int, rounds: int) -> None:
        self._alternate(Case("load", people, 0), self._contestants.loads(), rounds)

    def start(self, rounds: int) -> None:
        self._alternate(Case("start", 0, 0), self._contestants.starts(), rounds)

    def _alternate(self, case: Case, contestants: Sequence[Contestant], rounds: int) -> None:
        print(f"{case}: {rounds} rounds of {len(contestants)}", flush=True)
        for _ in range(rounds):
            for contestant in contestants:
                figures = self._measure(contestant, case.people, case.latency_ms)
                self.results.add(case, contestant.name, figures)

    def _measure(self, contestant: Contestant, people: int, latency_ms: int) -> Figures:
        self._server.list_people(people, latency_ms)
        contestant.prepare()
        self._server.list_people(people, latency_ms)  # counts from here on
        figures = run(contestant.command, self._log)
        return replace(figures, requests=self._server.requests())

    def _check_rows(self, contestant: Contestant, people: int) -> None:
        """Count by the newest DuckDB in another process: its memory would show in what this one starts."""
        query = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
            "print(sum(c.sql(f'select count(*) from freshsales.{t}').fetchall()[0][0] for t in sys.argv[2:]))"
        )
        command = [
            environments.program("dlt"),
            "-c",
            query,
            str(self._contestants.warehouse),
            "owners",
            "scim_users",
        ]
        rows = int(subprocess.run(command, check=True, capture_output=True).stdout)
        if rows != 2 * people:
            raise RuntimeError(f"{contestant.name}: {rows} rows of {2 * people} arrived")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    signal.signal(signal.SIGTERM, lambda signum, _frame: sys.exit(128 + signum))  # ends the server, too
    environments.build_all()
    plan = QUICK if quick else WHOLE
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(sys.executable, max(people for people, _, _ in plan))
        try:
            benchmark = Benchmark(server, Path(folder))
            benchmark.check()
            benchmark.start(5 if quick else START_ROUNDS)
            for case in plan:
                benchmark.read(*case)
            if not quick:
                benchmark.grow(GROWTH_ROUNDS)
            benchmark.load(LOAD_PEOPLE, 1 if quick else LOAD_ROUNDS)
        finally:
            server.stop()
    print(f"Measured in {time.monotonic() - begun:.0f} s.")
    text = written(benchmark.results)
    if quick:
        print(text)
        return
    (environments.HERE / "RESULTS.md").write_text(text)
    picture = [environments.program("tools"), str(environments.HERE / "picture.py")]
    drawn = json.dumps(benchmark.results.drawn())
    subprocess.run([*picture, str(environments.HERE / "results.svg")], input=drawn, text=True, check=True)
    print("Written: benchmarks/RESULTS.md, benchmarks/results.svg")


if __name__ == "__main__":
    main()
