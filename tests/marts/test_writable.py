"""What has to be writable, and nothing else: a scheduler's worker has little more."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.marts.dbt import PROJECT, executable
from tests.marts.engines import DuckDB
from tests.marts.people import user
from tests.marts.raw import Raw


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the project into a folder that nobody may write into."""
    folder = tmp_path / "checkout"
    shutil.copytree(PROJECT, folder / "transform", ignore=shutil.ignore_patterns("target", "logs"))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


def test_a_build_needs_the_warehouse_and_two_folders_of_dbt(checkout: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    engine, raw = DuckDB(work / "warehouse.duckdb"), Raw()
    raw.load("a", 1, {"scim_users": [user("ann", "zoë@x", display_name="李小龙")]})
    engine.load(raw)
    engine.landing.chmod(0o444)
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    finished = subprocess.run(
        [executable().with_name("freshsales-review"), "capture"],
        # No HOME, no locale: this is the whole environment.
        env={
            "LC_ALL": "C",
            "PATH": os.defpath,
            "DBT_LOG_PATH": str(work / "logs"),
            "DBT_TARGET_PATH": str(work / "target"),
            "TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA": "freshsales",
            **engine.environment,
        },
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before
    [row] = engine.query("select display_name from freshsales_staging.stg_freshsales__scim_users")
    assert row == {"display_name": "李小龙"}
