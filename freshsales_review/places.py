"""Where the loader writes, and where dbt builds. Every command takes both places from this module.

The settings of the loader say where it writes. Meltano collects them from variables, `.env`, its environments
and its database. So in a Meltano project, Meltano itself is asked. Outside of one, the same variables count,
with the same defaults.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from freshsales_review.errors import ReviewError

DUCKDB, POSTGRESQL = "target-duckdb", "target-postgres"
LOADERS = (DUCKDB, POSTGRESQL)
REVIEW = "freshsales-review"
MELTANO_PATIENCE_SECONDS = 60

# The defaults in meltano.yml.
DEFAULTS = {
    DUCKDB: {"filepath": "output/landing.duckdb", "default_target_schema": "freshsales"},
    POSTGRESQL: {"default_target_schema": "freshsales"},
    REVIEW: {"warehouse": "output/warehouse.duckdb"},
}
SETTINGS = {
    DUCKDB: ("filepath", "default_target_schema"),
    POSTGRESQL: ("host", "port", "user", "password", "database", "default_target_schema"),
    REVIEW: ("warehouse",),
}
# The names that libpq gives to the settings of the loader for PostgreSQL.
LIBPQ = {"host": "host", "port": "port", "user": "user", "password": "password", "database": "dbname"}

Settings = Mapping[str, str]


@dataclass(frozen=True)
class Places:
    """`landing` and `warehouse` are each the path of a DuckDB file or a postgresql:// URL."""

    loader: str
    landing: str
    schema: str
    warehouse: str
    environment: Settings
    """Environment variables by which dbt finds the same places."""


def landing_of(loader: str) -> tuple[str, str]:
    """Where the loader writes, and into which schema."""
    found = settings_of(loader)
    return _landing(loader, found), found["default_target_schema"]


def warehouse_of(loader: str) -> str:
    """Where dbt builds the marts for this loader."""
    if loader == POSTGRESQL:
        return landing_of(loader)[0]
    return settings_of(REVIEW)["warehouse"]


def places_of(loader: str) -> Places:
    """Both places; raises a ReviewError if they are one DuckDB file."""
    found = settings_of(loader)
    landing = _landing(loader, found)
    environment = {_variable(loader, setting): value for setting, value in found.items()}
    if loader == POSTGRESQL:
        return Places(loader, landing, found["default_target_schema"], landing, environment)
    warehouse = settings_of(REVIEW)["warehouse"]
    if Path(warehouse).resolve() == Path(landing).resolve():
        raise ReviewError(
            f"The loader and dbt would both write {landing}, and then the loader could not open it any more: "
            f"name two files, with {_variable(DUCKDB, 'filepath')} and {_variable(REVIEW, 'warehouse')}. "
            'See "From one file to two" in transform/README.md.'
        )
    environment[_variable(REVIEW, "warehouse")] = warehouse
    return Places(loader, landing, found["default_target_schema"], warehouse, environment)


def python_of(loader: str) -> Path | None:
    """The Python with which Meltano runs the loader. It has the DuckDB version of the loader."""
    project = _project()
    python = project and _system_folder(project) / "loaders" / loader / "venv" / "bin" / "python"
    return python if python and python.is_file() else None


def settings_of(plugin: str) -> Settings:
    """The settings of a plugin, from Meltano; if there is no Meltano project, from the environment."""
    given: Mapping[str, Any] = {
        setting: os.environ.get(_variable(plugin, setting)) for setting in SETTINGS[plugin]
    }
    project = _project()
    meltano = project and _meltano(project)
    # In Meltano, too, a variable has priority. If every variable is set, Meltano need not be asked.
    if project and meltano and not all(given.values()):
        given = _asked(plugin, meltano, project)
    known = {setting: str(given[setting]) for setting in SETTINGS[plugin] if given.get(setting)}
    return DEFAULTS[plugin] | known


def _landing(loader: str, settings: Settings) -> str:
    if loader == DUCKDB:
        return settings["filepath"]
    named = {LIBPQ[setting]: value for setting, value in settings.items() if setting in LIBPQ}
    # libpq takes missing parts from the environment, as the loader does.
    return f"postgresql:///?{urlencode(named)}"


def _variable(plugin: str, setting: str) -> str:
    return f"{plugin.replace('-', '_')}_{setting}".upper()


def _project() -> Path | None:
    """The Meltano project of the current directory; None if there is none."""
    named = os.environ.get("MELTANO_PROJECT_ROOT")
    if named:
        return Path(named)
    return Path.cwd() if Path("meltano.yml").is_file() else None


def _meltano(project: Path) -> Path | None:
    """The Meltano program: it leaves a link to itself in its system directory."""
    link = _system_folder(project) / "run" / "bin"
    return link if link.is_file() else None


def _system_folder(project: Path) -> Path:
    named = os.environ.get("MELTANO_SYS_DIR_ROOT")
    return Path(named) if named else project / ".meltano"


def _asked(plugin: str, meltano: Path, project: Path) -> Mapping[str, Any]:
    environment = os.environ.get("MELTANO_ENVIRONMENT")
    if environment is None:
        # Unlike `meltano run`, `meltano config` does not use the default environment.
        environment = _printed("meltano", meltano, project).get("default_environment")
    return _printed(plugin, meltano, project, *([f"--environment={environment}"] if environment else []))


def _printed(plugin: str, meltano: Path, project: Path, *options: str) -> Mapping[str, Any]:
    # Without the Python variables of the plugin that this process may be.
    own = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    finished = subprocess.run(  # noqa: S603 - the Meltano of the project
        [meltano.resolve(), *options, "config", "--unsafe", "print", plugin],
        cwd=project,
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MELTANO_PATIENCE_SECONDS,
        check=False,
    )
    if finished.returncode:
        said = [line for line in finished.stderr.splitlines() if "error" in line] or ["it says nothing"]
        raise ReviewError(
            f"Meltano does not tell the settings of {plugin}: {said[0].strip()} "
            "Name the places themselves, with --landing, --schema and --warehouse."
        )
    found: Mapping[str, Any] = json.loads(finished.stdout)
    return found
