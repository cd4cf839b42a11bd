"""A task of a real executor is killed by SIGKILL: nothing of it lives on beside its next try."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from fleet.airflow import Airflow
from fleet.played import GOOD, Played, played
from freshsales_sandbox.app import Sandbox
from tests.fleet.airflow.conftest import database, fleet, holds_secret

T = TypeVar("T")
PATIENCE_SECONDS = 120
# The tap waits so long for the answer, and in that time its task is killed.
PATIENCE_OF_THE_TAP = 20
SLOW = "timeout@owners:1"
# Once, and the tap is told to ask once.
FLAKY = "503@owners:1"


@pytest.fixture
def accounts() -> Iterator[list[Played]]:
    with (
        played({"acorn": GOOD}) as others,
        Sandbox(people=40, seed=8, faults=FLAKY) as flaky,
        Sandbox(people=40, seed=9, faults=SLOW) as slow,
    ):
        yield [
            *others,
            Played("flaky", GOOD, flaky, {"max_attempts": 1}),
            Played("slow", GOOD, slow, {"request_timeout_seconds": PATIENCE_OF_THE_TAP}),
        ]


def test_a_killed_task_leaves_no_program_and_its_next_try_succeeds(
    tmp_path: Path, migrated: Path, postgresql: str, accounts: list[Played]
) -> None:
    with (
        database(postgresql, "killed") as url,
        fleet(tmp_path, migrated, accounts, url) as place,
        Airflow(tmp_path / "airflow", place.environment) as airflow,
    ):
        run = airflow.trigger()
        wait_for(lambda: accounts[-1].sandbox.requests)
        [tap] = wait_for(lambda: programs_of("tap-freshsales-users", accounts[-1].sandbox))
        task = parent_of(tap)
        [loader] = [child for child in children_of(task) if child != tap]
        assert not any(holds_secret(told(process, "cmdline")) for process in processes())
        assert not holds_secret(told(loader, "environ"))
        os.kill(task, signal.SIGKILL)
        wait_for(lambda: not is_alive(tap) and not is_alive(loader))
        state = airflow.wait(run)
        tries = {
            task["rendered_map_index"]: task["try_number"]
            for task in airflow.tasks(run)
            if task["task_id"] == "read"
        }
    assert tries == {"acorn.myfreshworks.com": 1, "flaky.myfreshworks.com": 2, "slow.myfreshworks.com": 2}
    assert "exit code 75: tried again after a while" in place.logs_of("read")
    assert state == "success"
    assert place.verdict["is_green"]
    assert not place.leaks


def wait_for(found: Callable[[], T]) -> T:
    """Ask again until there is an answer."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (answer := found()):
        assert time.monotonic() < until, "what was waited for did not happen"
        time.sleep(0.05)
    return answer


def processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def programs_of(name: str, sandbox: Sandbox) -> list[int]:
    """Processes of this program that read this sandbox."""
    url = sandbox.config["rest_api_url"].encode()
    return [
        process
        for process in processes()
        if name.encode() in told(process, "cmdline") and url in told(process, "environ")
    ]


def parent_of(process: int) -> int:
    [line] = [line for line in told(process, "status").splitlines() if line.startswith(b"PPid:")]
    return int(line.split()[1])


def children_of(process: int) -> list[int]:
    return [int(child) for child in told(process, f"task/{process}/children").split()]


def is_alive(process: int) -> bool:
    return b"State:\tZ" not in told(process, "status") and bool(told(process, "status"))


def told(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:
        return b""
