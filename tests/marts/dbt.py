"""The dbt that the pipeline runs, on the project as it is."""

import atexit
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from freshsales_review.dbt import UNREAD

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "transform"


def executable() -> Path:
    """Where Meltano has installed it, unless FRESHSALES_DBT names another."""
    named = os.environ.get("FRESHSALES_DBT")
    return Path(named) if named else ROOT / ".meltano/utilities/freshsales-review/venv/bin/dbt"


def dbt(
    *arguments: str, work: Path, environment: Mapping[str, str], project: Path = PROJECT
) -> "subprocess.CompletedProcess[str]":
    """Run dbt with its target folder in `work`, so that runs side by side do not meet."""
    # As `freshsales-review` runs it: dbt parses anew where the target was named in another way.
    of_target = ("--target", kind(environment))
    paths = ["--project-dir", str(project), "--profiles-dir", str(PROJECT / "profiles"), *of_target]
    command = [*arguments, *paths]
    places, folder = beside(environment)
    variables = {
        "DBT_TARGET_PATH": str(target(work, environment)),
        "DBT_LOG_PATH": str(work / "logs"),
        "DBT_USE_COLORS": "false",
        # The documentation is made of what is not read otherwise.
        **({} if "docs" in arguments else UNREAD),
        **places,
    }
    return run_in_server("dbt", command, variables, folder, paths=paths)


def run_in_server(
    program: str,
    arguments: list[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    paths: list[str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run a program of dbt_server.py; what dbt prints to standard error comes with its output."""
    # No more of this environment: dbt goes through all variables for each line that it might log.
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with tempfile.NamedTemporaryFile() as output, tempfile.NamedTemporaryFile() as errors:
        code = server().run(
            program=program,
            arguments=arguments,
            paths=paths,
            environment={**kept, **environment},
            cwd=str(folder),
            output=output.name,
            errors=output.name if program == "dbt" else errors.name,
        )
        printed = [file.read().decode() for file in (output, errors)]
    return subprocess.CompletedProcess([program, *arguments], code, *printed)


class Server:
    """The process of dbt_server.py, which runs one command after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # -P: the folder of the script has a `dbt` of its own.
        self._process = subprocess.Popen(
            [executable().with_name("python"), "-P", Path(__file__).with_name("dbt_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, **command: object) -> int:
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            print(json.dumps(command), file=self._process.stdin, flush=True)
            return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


@cache
def server() -> Server:
    started = Server()
    atexit.register(started.end)
    return started


def kind(environment: Mapping[str, str]) -> str:
    return environment.get("FRESHSALES_DBT_TARGET", "duckdb")


def target(work: Path, environment: Mapping[str, str]) -> Path:
    """Return where dbt keeps what it has parsed: one folder for each kind of warehouse."""
    return work / kind(environment)


def beside(environment: Mapping[str, str]) -> tuple[dict[str, str], Path]:
    """Return the variables with the DuckDB files named from their folder, and that folder to start in.

    dbt parses the project anew where a file has another path. These names are the same for all tests.
    """
    if "TARGET_DUCKDB_FILEPATH" not in environment:
        return dict(environment), ROOT
    files = ("TARGET_DUCKDB_FILEPATH", "FRESHSALES_REVIEW_WAREHOUSE")
    folder = Path(environment["TARGET_DUCKDB_FILEPATH"]).parent
    return {**environment, **{name: Path(environment[name]).name for name in files}}, folder


def built(*arguments: str, work: Path, environment: Mapping[str, str], project: Path = PROJECT) -> str:
    """Run dbt, which has to end well, and return what it printed."""
    finished = dbt(*arguments, work=work, environment=environment, project=project)
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr
    return finished.stdout
