"""Runs dbt in this process, because starting another process takes longer than the rest."""

import os
from pathlib import Path

from freshsales_review.errors import ReviewError
from freshsales_review.places import POSTGRESQL, Places

PROJECT = "transform"
# The copy of the project in the installed package. Nothing is written there.
PACKAGED = Path(__file__).parent / PROJECT
WRITTEN = Path("output/dbt")
# dbt spends a tenth of its time on a log of all statements and a description of the project. They are off;
# a user who needs them sets these variables.
UNREAD = {"DBT_LOG_LEVEL_FILE": "none", "DBT_WRITE_JSON": "false"}


def load_dbt() -> None:
    """Import dbt, which takes more than a second; raises a ReviewError if it is not installed."""
    try:
        import dbt.cli.main  # noqa: F401, PLC0415 - slow, and not installed everywhere
    except ModuleNotFoundError as error:
        raise ReviewError(
            "dbt is not installed beside this command: run it by Meltano, as `meltano run identity` does, or "
            "install dbt-core with dbt-duckdb or dbt-postgres."
        ) from error


def run_dbt(places: Places, *arguments: str, write_unread: bool = False) -> None:
    """Run a command of dbt on the project; raises a ReviewError if it fails."""
    load_dbt()
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    os.environ.update(places.environment)
    if not write_unread:
        os.environ.update(UNREAD | os.environ)
    project = os.environ.get("DBT_PROJECT_DIR") or _project()
    profiles = os.environ.get("DBT_PROFILES_DIR", f"{project}/profiles")
    target = "postgres" if places.loader == POSTGRESQL else "duckdb"
    folders = ["--project-dir", project, "--profiles-dir", profiles]
    result = dbtRunner().invoke([*arguments, "--target", target, *folders])
    _close()
    if not result.success:
        # dbt has printed its errors itself. It does not print exceptions that it did not expect.
        reason = f": {result.exception}" if result.exception else ""
        raise ReviewError(f"dbt {arguments[0]} failed{reason}. Its own words are above.")


def _project() -> str:
    """The folder `transform` in this directory; if there is none, the one in the package."""
    if Path(PROJECT).is_dir() or not PACKAGED.is_dir():
        return PROJECT
    for variable in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
        os.environ.setdefault(variable, str(WRITTEN.absolute()))
    return str(PACKAGED)


def _close() -> None:
    """Close the DuckDB files. dbt would keep them open until the process ends."""
    try:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    except ModuleNotFoundError:
        return
    DuckDBConnectionManager.close_all_connections()
