"""The tap, the loaders and the review as commands, started the way a shell would."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from freshsales_sandbox.app import Sandbox
from tests.pipeline.warehouses import Warehouse

ROOT = Path(__file__).parents[2]
TAP = ROOT / ".venv" / "bin" / "tap-freshsales-users"
REVIEW = ROOT / ".venv" / "bin" / "freshsales-review"
LOADERS = {
    "target-duckdb": ROOT / ".meltano/loaders/target-duckdb/venv/bin/target-duckdb",
    "target-duckdb-unpinned": ROOT / ".venv-loaders/target-duckdb-unpinned/bin/target-duckdb",
    "meltanolabs-target-postgres": ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres",
    "pipelinewise-target-postgres": ROOT / ".venv-loaders/pipelinewise-target-postgres/bin/target-postgres",
    "target-jsonl": ROOT / ".meltano/loaders/target-jsonl/venv/bin/target-jsonl",
    "meltanolabs-target-csv": ROOT / ".venv-loaders/meltanolabs-target-csv/bin/target-csv",
}
# As meltano.yml has it.
LOADER_ENVIRONMENT = {"PGTZ": "UTC", "PGCLIENTENCODING": "UTF8"}
PATIENCE_SECONDS = 300

Finished = subprocess.CompletedProcess[str]


def start(
    command: list[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
    cwd: Path = ROOT,
) -> Finished:
    """Run a command to its end."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | dict(environment or {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def tap_environment(sandbox: Sandbox, **settings: str) -> dict[str, str]:
    return {
        f"TAP_FRESHSALES_USERS_{name.upper()}": value for name, value in (sandbox.config | settings).items()
    }


def messages(sandbox: Sandbox, **settings: str) -> str:
    """Everything that one run of the tap writes."""
    # Away from the project's folder, whose .env the tap would read as well.
    finished = start([TAP, "--config=ENV"], environment=tap_environment(sandbox, **settings), cwd=Path("/"))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def load(loader: str, lines: str, place: str, tmp_path: Path) -> Finished:
    config = tmp_path / f"{loader}.config.json"
    config.write_text(json.dumps(loader_config(loader, place)))
    return start([LOADERS[loader], "--config", config], stdin=lines, environment=LOADER_ENVIRONMENT)


def loader_config(loader: str, place: str) -> Mapping[str, object]:
    """Point a loader at a DuckDB file, a database or a folder."""
    if loader.startswith("target-duckdb"):
        return {"filepath": place, "default_target_schema": "freshsales", "add_metadata_columns": True}
    if loader.endswith("target-postgres"):
        parts = conninfo_to_dict(place)
        name = "dbname" if loader.startswith("pipelinewise") else "database"
        settings = {setting: parts[setting] for setting in ("host", "user", "password")}
        settings |= {"port": int(str(parts["port"])), name: parts["dbname"]}
        return settings | {"default_target_schema": "freshsales"}
    if loader == "target-jsonl":
        return {"destination_path": place, "do_timestamp_file": False}
    return {"output_path": place}


def pipe(
    sandbox: Sandbox,
    warehouse: Warehouse,
    tmp_path: Path,
    *,
    stop_after_lines: int | None = None,
    stop_signal: signal.Signals = signal.SIGKILL,
    settings: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run tap | loader; the tap is sent a signal once that many lines have reached the loader.

    Returns the tap's exit code and what it logged.
    """
    config = tmp_path / "loader.config.json"
    config.write_text(json.dumps(loader_config(warehouse.loader, warehouse.location)))
    environment = os.environ | tap_environment(sandbox, **(settings or {}))
    log, loader_log = tmp_path / "tap.log", tmp_path / "loader.log"
    with (
        log.open("wb") as tap_errors,
        loader_log.open("wb") as loader_errors,
        subprocess.Popen(
            [TAP, "--config=ENV"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=tap_errors
        ) as tap,
        subprocess.Popen(
            [LOADERS[warehouse.loader], "--config", config],
            cwd=tmp_path,
            env=os.environ | LOADER_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=loader_errors,
        ) as loader,
    ):
        assert tap.stdout is not None
        assert loader.stdin is not None
        # A loader that died does not read on; why it did is looked at below.
        with contextlib.suppress(BrokenPipeError), loader.stdin:
            for number, line in enumerate(tap.stdout, start=1):
                loader.stdin.write(line)
                if number == stop_after_lines:
                    tap.send_signal(stop_signal)
        tap_code = tap.wait(PATIENCE_SECONDS)
        loader_code = loader.wait(PATIENCE_SECONDS)
    # Only SIGKILL may leave half a line, on which a loader may choke.
    is_killed = stop_after_lines is not None and stop_signal == signal.SIGKILL
    assert loader_code == 0 or is_killed, loader_log.read_text()
    return tap_code, log.read_text()
