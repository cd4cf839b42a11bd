"""`freshsales-review` of the pipeline's environment, on warehouses of a test's own."""

import subprocess
from pathlib import Path

from tests.marts.dbt import PROJECT, ROOT, beside, run_in_server, target
from tests.marts.engines import DuckDB, Engine


def review(
    command: str, engine: Engine, work: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command where the engine's variables say, so that Meltano need not be asked."""
    loader = "target-duckdb" if isinstance(engine, DuckDB) else "target-postgres"
    places, folder = beside(engine.environment)
    variables = {
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(target(work, engine.environment)),
        "DBT_LOG_PATH": str(work / "logs"),
        # Where the loaders are installed; Meltano has not left a link to itself there.
        "MELTANO_PROJECT_ROOT": str(work),
        "MELTANO_SYS_DIR_ROOT": str(linked(work)),
        **places,
        **environment,
    }
    return run_in_server("freshsales-review", [command, "--loader", loader, *arguments], variables, folder)


def linked(work: Path) -> Path:
    system = work / "meltano"
    system.mkdir(exist_ok=True)
    loaders = system / "loaders"
    if not loaders.is_symlink():
        loaders.symlink_to(ROOT / ".meltano/loaders")
    return system
