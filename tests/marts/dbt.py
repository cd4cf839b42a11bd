"""The dbt that the pipeline runs, on the project as it is."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "transform"


def executable() -> Path:
    """Where Meltano has installed it, unless FRESHSALES_DBT names another."""
    named = os.environ.get("FRESHSALES_DBT")
    return Path(named) if named else ROOT / ".meltano/utilities/freshsales-review/venv/bin/dbt"


def dbt(
    *arguments: str, work: Path, environment: Mapping[str, str], project: Path = PROJECT
) -> "subprocess.CompletedProcess[str]":
    """Run dbt with its target and log folders in `work`, so that runs side by side do not meet."""
    return subprocess.run(
        [
            executable(),
            *arguments,
            "--project-dir",
            project,
            "--profiles-dir",
            PROJECT / "profiles",
        ],
        env={
            **os.environ,
            "DBT_TARGET_PATH": str(target(work, environment)),
            "DBT_LOG_PATH": str(work / "logs"),
            "DBT_USE_COLORS": "false",
            **environment,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def target(work: Path, environment: Mapping[str, str]) -> Path:
    """Return where dbt keeps what it has parsed: one folder for each kind of warehouse."""
    return work / environment.get("FRESHSALES_DBT_TARGET", "duckdb")


def built(*arguments: str, work: Path, environment: Mapping[str, str], project: Path = PROJECT) -> str:
    """Run dbt, which has to end well, and return what it printed."""
    finished = dbt(*arguments, work=work, environment=environment, project=project)
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr
    return finished.stdout
