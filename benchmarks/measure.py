"""Measures one command with its child processes: wall time, CPU time, memory, requests."""

from __future__ import annotations

import os
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONTROL_PATH = "/bench"
LONGEST_RUN_SECONDS = 300


@dataclass(frozen=True)
class Figures:
    """CPU time is user and system time of a process and its children, memory the peak of the largest one."""

    wall_seconds: float
    cpu_seconds: float
    rss_mib: float
    requests: int = 0


class Server:
    """The server of the benchmark, in another process."""

    def __init__(self, python: str, people: int) -> None:
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.server", str(people)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{self._process.stdout.readline().strip()}"

    def list_people(self, people: int, latency_ms: int) -> None:
        """Change what it serves from the next request on, and count requests from 0."""
        self._control(f"?people={people}&latency_ms={latency_ms}")

    def requests(self) -> int:
        return int(self._control(""))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _control(self, query: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}{CONTROL_PATH}{query}", timeout=60) as response:
            answer: bytes = response.read()
            return answer


def run(command: Sequence[str], log: Path, output: Path | None = None) -> Figures:
    """Measure a command. Standard output goes to `output`, or nowhere; raises RuntimeError if it fails."""
    with (output or Path(os.devnull)).open("wb") as out, log.open("wb") as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=environment()
        )
        limit = threading.Timer(LONGEST_RUN_SECONDS, process.kill)
        limit.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            limit.cancel()
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)  # reaped already: Popen must not wait again
    if process.returncode != 0:
        text = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def environment() -> Mapping[str, str]:
    """The environment. Byte code is kept, as with installed programs; no usage data is sent."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TAP_"))}
    return {**kept, "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
