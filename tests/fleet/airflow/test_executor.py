"""One run of a real scheduler and executor: a task is killed by SIGKILL, and accounts fail in passing."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from fleet.airflow import Airflow
from fleet.played import GOOD, QUOTA, Played, played
from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.quota import Quota, Standing
from tests.fleet.airflow.conftest import Place, database, fleet, holds_secret

T = TypeVar("T")
PATIENCE_SECONDS = 120
# The tap waits so long for the answer, and in that time its task is killed.
PATIENCE_OF_THE_TAP = 20
SLOW = "timeout@owners:1"
# Once, and the tap is told to ask once.
FLAKY = "503@owners:1"
RESET_SECONDS = 5


class UsedUpAtFirst(Quota):
    """Other integrations have spent all of the window in which the first request falls."""

    def spend(self) -> Standing:
        with self._lock:
            if not self._resets_at:
                self._resets_at, self._spent = self.clock() + self.window, self.limit
        return super().spend()


@dataclass(frozen=True)
class Ended:
    place: Place
    state: str
    tries: dict[str, int]
    has_secret_outside: bool
    """Whether a command line, or the environment of the loader, held one."""


@pytest.fixture(scope="module")
def accounts() -> Iterator[list[Played]]:
    with (
        played({"acorn": GOOD, "cedar": QUOTA}) as others,
        Sandbox(people=40, seed=7) as ebb,
        Sandbox(people=40, seed=8, faults=FLAKY) as flaky,
        Sandbox(people=40, seed=9, faults=SLOW) as slow,
    ):
        ebb.quota = UsedUpAtFirst(1000, RESET_SECONDS)
        yield [
            *others,
            Played("ebb", GOOD, ebb),
            Played("flaky", GOOD, flaky, {"max_attempts": 1}),
            Played("slow", GOOD, slow, {"request_timeout_seconds": PATIENCE_OF_THE_TAP}),
        ]


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, postgresql: str, accounts: list[Played]
) -> Ended:
    folder = tmp_path_factory.mktemp("executor")
    with (
        database(postgresql, "executor") as url,
        fleet(folder, migrated, accounts, url) as place,
        Airflow(folder / "airflow", place.environment) as airflow,
    ):
        run = airflow.trigger()
        wait_for(lambda: accounts[-1].sandbox.requests)
        [tap] = wait_for(lambda: programs_of("tap-freshsales-users", accounts[-1].sandbox))
        task = parent_of(tap)
        [loader] = [child for child in children_of(task) if child != tap]
        told_secrets = [told(process, "cmdline") for process in processes()] + [told(loader, "environ")]
        os.kill(task, signal.SIGKILL)
        wait_for(lambda: not is_alive(tap) and not is_alive(loader))
        state = airflow.wait(run)
        tries = {
            task["rendered_map_index"].partition(".")[0]: task["try_number"]
            for task in airflow.tasks(run)
            if task["task_id"] == "read"
        }
    return Ended(place, state, tries, any(map(holds_secret, told_secrets)))


def test_a_killed_task_leaves_no_program_and_its_next_try_succeeds(ended: Ended) -> None:
    assert ended.tries["slow"] == 2
    assert not faults(ended, "slow")


def test_an_account_that_fails_in_passing_is_read_after_a_while(ended: Ended) -> None:
    assert ended.tries["flaky"] == 2
    assert "exit code 75: tried again after a while" in ended.place.logs_of("read")
    assert not faults(ended, "flaky")


def test_an_account_is_read_once_its_quota_is_there_again(ended: Ended) -> None:
    assert ended.tries["ebb"] == 2
    assert "exit code 75: there is quota at 20" in ended.place.logs_of("read")
    assert not faults(ended, "ebb")


def test_an_account_whose_quota_comes_back_too_late_is_named(ended: Ended) -> None:
    assert ended.tries["cedar"] == 1
    assert "more than 10 minutes after the first failure" in ended.place.logs_of("read")
    assert "quota" in str(faults(ended, "cedar"))


def test_the_verdict_names_that_account_alone(ended: Ended) -> None:
    assert ended.tries["acorn"] == 1
    assert ended.state == "failed"
    assert list(ended.place.verdict["faults"]) == ["cedar.myfreshworks.com"]
    assert not ended.place.verdict["others"]


def test_no_secret_is_in_a_command_line_a_log_a_file_or_the_loader(ended: Ended) -> None:
    assert not ended.has_secret_outside
    assert not ended.place.leaks


def faults(ended: Ended, name: str) -> list[str]:
    found: list[str] = ended.place.verdict["faults"].get(f"{name}.myfreshworks.com", [])
    return found


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
