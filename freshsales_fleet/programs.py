"""Runs other programs for a task. They are in its process group, write to its log, and end with it."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO

log = logging.getLogger(__name__)

# The level of a line as the tap and the loaders write it, so that Airflow's page shows errors as errors.
LEVEL = re.compile(rb"\| (INFO|WARNING|ERROR|CRITICAL) *\|")
TETHER = Path(__file__).with_name("tether.py")
GRACE_SECONDS = 10
# The variables of the worker that a program gets. It does not get the others, such as the connections and
# the keys of Airflow.
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
)
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


class Started:
    """A program that is running."""

    def __init__(self, process: subprocess.Popen[bytes], reader: Thread) -> None:
        self._process = process
        self._reader = reader

    def wait(self) -> int:
        """Wait until it has ended and its log is written. Returns the exit code; 128 + n for signal n."""
        code = self._process.wait()
        self._reader.join()
        return code if code >= 0 else 128 - code

    def end(self) -> None:
        """End the program: by SIGTERM, and by SIGKILL if it is still there after a while."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@contextmanager
def started(
    name: str,
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    *,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = None,
) -> Iterator[Started]:
    """Start a program in an empty directory; its environment is `environment` and `KEPT`.

    Its log goes into the log of the task, and so does its output if `stdout` is None. The program is ended
    at the end of the block.
    """
    with TemporaryDirectory(prefix="freshsales-fleet-") as empty:
        process = subprocess.Popen(  # noqa: S603 - programs of the fleet's own settings
            [sys.executable, "-I", "-S", TETHER, str(os.getpid()), *command],
            cwd=empty,
            env={**kept(os.environ), **environment},
            stdin=stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.STDOUT if stdout is None else subprocess.PIPE,
        )
        words = process.stdout if stdout is None else process.stderr
        assert words is not None  # noqa: S101 - both are pipes
        reader = Thread(target=_relay, args=(name, words), daemon=True)
        reader.start()
        program = Started(process, reader)
        try:
            yield program
        finally:
            program.end()


def run(name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    """Run a program to its end; return its exit code."""
    with started(name, command, environment) as program:
        return program.wait()


def kept(environment: Mapping[str, str]) -> dict[str, str]:
    names = {*KEPT, *PROXIES, *(name.lower() for name in PROXIES)}
    return {name: value for name, value in environment.items() if name in names}


def _relay(name: str, words: IO[bytes]) -> None:
    with words:
        for line in words:
            said = LEVEL.search(line)
            level = logging.getLevelNamesMapping()[said[1].decode()] if said else logging.INFO
            log.log(level, "%s: %s", name, line.decode("utf-8", "replace").rstrip())
