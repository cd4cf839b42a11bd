"""The command as a shell runs it: signals in the middle of a wait, a loader that died, a full disk."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from freshsales_sandbox.app import API_KEY, SCIM_TOKEN, Sandbox

TAP = Path(sys.executable).with_name("tap-freshsales-users")
PATIENCE_SECONDS = 60


@contextmanager
def running(
    config: Mapping[str, Any], tmp_path: Path, *arguments: str, stdout: IO[bytes] | int = subprocess.PIPE
) -> Iterator["subprocess.Popen[bytes]"]:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    # Buffered as a loader's pipe is, whatever the environment of the tests says.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command: list[str | Path] = [TAP, "--config", file, *arguments]
    with subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE, env=environment, cwd=tmp_path
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


def log_until(process: "subprocess.Popen[bytes]", words: str) -> str:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line.decode())
        if words in lines[-1]:
            return "".join(lines)
    raise AssertionError(f"never said {words!r}:\n{''.join(lines)}")


def finish(process: "subprocess.Popen[bytes]", log: str = "") -> tuple[str, str]:
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    said = log + errors.decode()
    assert "Traceback" not in said, said
    assert "Exception ignored" not in said, said
    for secret in (API_KEY, SCIM_TOKEN):
        assert secret not in said
    return (output or b"").decode(), said


FINISHED = ["profile", "owners", "roles"]
# What the run waits for: the sandbox that makes it, the words by which one knows, and the settings.
WAITS: dict[str, tuple[dict[str, str], str, dict[str, int]]] = {
    "quota": ({"quota": "7/h"}, "Waiting 3", {"max_quota_wait_seconds": 10**6}),
    "backoff": ({"faults": "503@territories:1x*"}, "attempt 1 of 99", {"max_attempts": 99}),
    "answer": ({"faults": "timeout@territories:1x*"}, "Beginning sync of 'territories'", {}),
}
CASES = [
    ("quota", signal.SIGINT, 1),
    ("quota", signal.SIGTERM, 4),
    ("backoff", signal.SIGTERM, 1),
    ("backoff", signal.SIGINT, 4),
    ("answer", signal.SIGINT, 1),
    ("answer", signal.SIGTERM, 4),
]


@pytest.mark.parametrize(("wait", "stop_signal", "in_flight"), CASES)
def test_a_signal_ends_a_wait_at_once_and_lines_stay_whole(
    wait: str, stop_signal: signal.Signals, in_flight: int, tmp_path: Path
) -> None:
    making, words, settings = WAITS[wait]
    with Sandbox(people=20, **making) as sandbox:  # type: ignore[arg-type]
        config = {**sandbox.config, "max_in_flight": in_flight, **settings}
        with running(config, tmp_path) as process:
            log = log_until(process, words)
            process.send_signal(stop_signal)
            output, said = finish(process, log)
    assert process.returncode == 128 + stop_signal
    assert f"Stopped by {stop_signal.name}" in said
    assert output.endswith("}\n")
    messages = [json.loads(line) for line in output.splitlines()]
    receipts = {
        message["record"]["stream"]: message["record"]
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == "sync_receipts"
    }
    for name in FINISHED:
        assert receipts[name]["is_complete"], said
        assert (
            sum(m["type"] == "RECORD" and m["stream"] == name for m in messages) == receipts[name]["records"]
        )
    [stopped] = [receipt for receipt in receipts.values() if not receipt["is_complete"]]
    assert stopped["incomplete_reason"] == f"failed: {stop_signal.name}"
    assert stopped["finished_at"] is not None
    assert messages[-1]["type"] == "STATE"


@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_check_ends_at_once_too(stop_signal: signal.Signals, tmp_path: Path) -> None:
    with (
        Sandbox(people=20, quota="2/h") as sandbox,
        running({**sandbox.config, "max_quota_wait_seconds": 10**6}, tmp_path, "--test") as process,
    ):
        log = log_until(process, "Waiting 3")
        process.send_signal(stop_signal)
        finish(process, log)
    assert process.returncode == 128 + stop_signal


def test_when_the_loader_dies_the_tap_ends_in_one_quiet_sentence(tmp_path: Path) -> None:
    # More than what a pipe holds.
    with Sandbox(people=1500, quota=None) as sandbox, running(sandbox.config, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.read(100)
        process.stdout.close()
        process.stdout = None
        _, said = finish(process)
    assert process.returncode == 74
    [error] = [line for line in said.splitlines() if "| ERROR" in line]
    assert error.endswith("The loader stopped reading. Its own log says why.")


WAYS = [(), ("--test",), ("--discover",), ("--about",), ("--schemas",), ("--help",), ("--version",)]


@pytest.mark.parametrize("arguments", WAYS)
def test_a_full_disk_behind_standard_output_ends_in_one_sentence(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with (
        Path("/dev/full").open("wb") as full,
        Sandbox(people=10) as sandbox,
        running(sandbox.config, tmp_path, *arguments, stdout=full) as process,
    ):
        _, said = finish(process)
    assert process.returncode == 74
    [error] = [line for line in said.splitlines() if "| ERROR" in line]
    assert "Standard output takes no more (No space left on device). Make room or mend the loader" in error


@pytest.mark.parametrize("arguments", WAYS)
def test_a_closed_standard_output_ends_in_one_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"domain": "acme", "api_key": API_KEY}))
    summary = tmp_path / "summary.json"
    command = shlex.join([str(TAP), "--config", str(file), "--summary", str(summary), *arguments])
    finished = subprocess.run(
        ["/bin/sh", "-c", f"{command} >&-"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert finished.returncode == 74
    [line] = finished.stderr.splitlines()
    assert line.endswith("Standard output is closed. Send it to a loader or to a file, and run again.")
    assert json.loads(summary.read_text())["class"] == "output"


@pytest.mark.parametrize("arguments", WAYS[2:])
def test_a_reader_that_is_gone_ends_the_other_ways_quietly(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with (
        os.fdopen(writing, "wb") as pipe,
        running({"domain": "acme", "api_key": API_KEY}, tmp_path, *arguments, stdout=pipe) as process,
    ):
        finish(process)
    assert process.returncode == 74


def test_a_configuration_mistake_ends_a_process_without_a_traceback(tmp_path: Path) -> None:
    with running({"domain": "evil.com/acme", "api_key": API_KEY}, tmp_path) as process:
        output, said = finish(process)
    assert (process.returncode, output) == (78, "")
    assert "`domain` names no Freshsales account" in said
