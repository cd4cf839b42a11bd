"""Programs of a task live in its process group, see nothing of its secrets, and die with it."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from freshsales_fleet.programs import run, started

PYTHON = sys.executable
PATIENCE_SECONDS = 10
TELL = "import json, os; print(json.dumps([os.getcwd(), os.listdir(), dict(os.environ), os.getpgid(0)]))"
# A task that runs a program, which ignores every polite signal, and tells its process id.
TASK = '''
import signal, sys
from freshsales_fleet.programs import started
CHILD = """
import os, signal, time
for number in (1, 2, 15):
    signal.signal(number, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(600)
"""
with started("child", [sys.executable, "-c", CHILD], {}, stdout=sys.stdout.fileno()) as program:
    program.wait()
'''


def told(tmp_path: Path, environment: dict[str, str]) -> list[object]:
    with (
        (tmp_path / "told").open("wb") as file,
        started("x", [PYTHON, "-c", TELL], environment, stdout=file) as one,
    ):
        assert one.wait() == 0
    found: list[object] = json.loads((tmp_path / "told").read_text())
    return found


def test_a_program_starts_in_an_empty_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    folder, content, _, _ = told(tmp_path, {})
    assert content == []
    assert not Path(str(folder)).exists()


def test_a_program_sees_nothing_of_the_connections_of_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_FRESHSALES_ACME", "of another program")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    _, _, environment, _ = told(tmp_path, {"GIVEN": "yes"})
    assert isinstance(environment, dict)
    assert "of another program" not in environment.values()
    assert environment["GIVEN"] == "yes"
    assert environment["HTTPS_PROXY"] == "http://proxy.example:3128"


def test_a_program_stays_in_the_process_group_of_its_task(tmp_path: Path) -> None:
    assert told(tmp_path, {})[3] == os.getpgid(0)


def test_a_program_dies_with_a_task_that_is_killed_by_sigkill() -> None:
    with subprocess.Popen([PYTHON, "-c", TASK], stdout=subprocess.PIPE, text=True) as task:
        assert task.stdout is not None
        child = int(task.stdout.readline())
        task.send_signal(signal.SIGKILL)
        # The child holds its end of the pipe as long as it lives.
        has_ended, _, _ = select.select([task.stdout], [], [], PATIENCE_SECONDS)
        if not has_ended:
            os.kill(child, signal.SIGKILL)
    assert has_ended


def test_a_program_is_ended_where_its_task_goes_wrong(tmp_path: Path) -> None:
    sleeping = [PYTHON, "-c", "import time; time.sleep(600)"]
    with pytest.raises(RuntimeError), started("x", sleeping, {}) as program:
        raise RuntimeError(tmp_path)
    assert program.wait() == 128 + signal.SIGTERM


@pytest.mark.parametrize("code", [0, 1, 75, 78])
def test_a_program_ends_with_its_own_exit_code(code: int) -> None:
    assert run("x", [PYTHON, "-c", f"raise SystemExit({code})"], {}) == code


def test_a_program_that_is_killed_ends_with_128_and_the_signal() -> None:
    assert run("x", [PYTHON, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], {}) == 137


def test_what_a_program_says_goes_into_the_log_of_the_task(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    run("tap", [PYTHON, "-c", "import sys; print('said'); print('told', file=sys.stderr)"], {})
    assert {record.message for record in caplog.records} == {"tap: said", "tap: told"}


def test_an_error_of_a_program_is_an_error_in_the_log_of_the_task(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    lines = (
        "2026-11-25 13:52:03,141 | ERROR    | tap | a",
        "2026-11-25 13:52:03,141 | INFO     | tap | ERROR | b",
    )
    run("tap", [PYTHON, "-c", f"print({chr(10).join(lines)!r})"], {})
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
