"""What has to be writable, and nothing else: a scheduler's worker has little more."""

import os
import shutil
from pathlib import Path

from tests.marts.another_user import another_user
from tests.marts.dbt import PROJECT, ROOT, executable
from tests.marts.engines import DuckDB
from tests.marts.people import user
from tests.marts.raw import Raw, sync_id

COMMAND = "from freshsales_review.cli import main; main()"


def read_only_checkout(folder: Path) -> Path:
    """Copy what a build needs of the project into a folder that nobody may write into."""
    ignored = shutil.ignore_patterns("target", "logs", "__pycache__")
    for part in (PROJECT, ROOT / "freshsales_review"):
        shutil.copytree(part, folder / part.name, ignore=ignored)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


def test_another_user_builds_with_the_warehouse_and_two_folders_of_dbt() -> None:
    with another_user(executable().with_name("python")) as other:
        checkout, work = read_only_checkout(other.folder / "checkout"), other.own_folder("work")
        engine, raw = DuckDB(work / "warehouse.duckdb"), Raw()
        raw.load("a", 1, {"scim_users": [user("ann", "zoë@x", display_name="李小龙")]})
        engine.load(raw)
        engine.landing.chmod(0o444)
        before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
        report = work / "report.html"
        # It verifies, builds the marts, and writes the report.
        finished = other.run(
            *("-c", COMMAND, "build", f"--sync-id={sync_id('a', 1)}", f"--output={report}"),
            # No HOME, no locale: this is the whole environment.
            environment={
                "LC_ALL": "C",
                "PATH": os.defpath,
                "DBT_LOG_PATH": str(work / "logs"),
                "DBT_TARGET_PATH": str(work / "target"),
                "TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA": "freshsales",
                **engine.environment,
            },
            cwd=checkout,
        )
        assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr
        assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before
        [row] = engine.query("select display_name from freshsales_identity.identities")
        assert row == {"display_name": "李小龙"}
        assert report.stat().st_uid == other.number
