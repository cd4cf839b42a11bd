"""Runs that are ended from outside: the next one makes the warehouse equal to the truth."""

import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from freshsales_sandbox.app import Sandbox
from tests.pipeline.commands import REVIEW, pipe, start
from tests.pipeline.presence import keys_of, present_and_gone
from tests.pipeline.truth import STREAMS, truth
from tests.pipeline.warehouses import Warehouse

MOMENTS = 3
LINES_OF_A_RUN = 1_200


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    # Enough that a run is far longer than what a pipe holds.
    with Sandbox(people=300, seed=5, quota=None) as running:
        yield running


@pytest.mark.parametrize("stop_signal", [signal.SIGKILL, signal.SIGTERM])
def test_after_killed_runs_the_next_run_makes_the_warehouse_true(
    stop_signal: signal.Signals, sandbox: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    chance = Random(f"{stop_signal} {type(warehouse)}")
    assert pipe(sandbox, warehouse, tmp_path)[0] == 0
    for _ in range(MOMENTS):
        sandbox.directory.remove(sandbox.directory.people[chance.randrange(10, 200)])
        code, log = pipe(
            sandbox,
            warehouse,
            tmp_path,
            stop_after_lines=chance.randrange(1, LINES_OF_A_RUN),
            stop_signal=stop_signal,
        )
        assert code == (-9 if stop_signal == signal.SIGKILL else 143), log
        expected = keys_of(truth(sandbox))
        for stream in STREAMS:
            # Whatever was cut short: nobody who is there may look gone.
            assert expected[stream] <= present_and_gone(warehouse, stream)[0], stream
    assert pipe(sandbox, warehouse, tmp_path)[0] == 0
    expected = keys_of(truth(sandbox))
    for stream in STREAMS:
        assert present_and_gone(warehouse, stream)[0] == expected[stream], stream
    verified = start([REVIEW, "verify", "--landing", warehouse.location])
    assert verified.returncode == 0, verified.stdout + verified.stderr
