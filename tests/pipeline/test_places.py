"""Wherever the loader's settings are said, every command goes where the loader goes."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from freshsales_sandbox.app import Sandbox
from tests.pipeline.commands import REVIEW, ROOT, tap_environment
from tests.pipeline.projects import Project
from tests.pipeline.reading import assert_same
from tests.pipeline.truth import truth
from tests.pipeline.warehouses import DuckDB

PYTHON = str(ROOT / ".venv/bin/python")
PLACES = """
import json
from freshsales_review import places
print(json.dumps({plugin: dict(places.settings_of(plugin)) for plugin in (*places.LOADERS, places.REVIEW)}))
"""
SAID = {
    "target-duckdb": {"filepath": "said/it's landing.duckdb", "default_target_schema": "crm"},
    "target-postgres": {"password": "p'w 1", "database": "people"},
    "freshsales-review": {"warehouse": "said/warehouse.duckdb"},
}
Environment = dict[str, str]


def in_variables(project: Project) -> Environment:
    assert project
    return {
        f"{plugin.replace('-', '_')}_{name}".upper(): value
        for plugin, settings in SAID.items()
        for name, value in settings.items()
    }


def in_the_env_file(project: Project) -> Environment:
    lines = [f'{name}="{value}"' for name, value in in_variables(project).items()]
    (project.folder / ".env").write_text("\n".join(lines))
    return {}


def by_meltano_config(project: Project) -> Environment:
    for plugin, settings in SAID.items():
        for name, value in settings.items():
            finished = project.meltano("config", "set", plugin, name, value)
            assert finished.returncode == 0, finished.stderr
    return {}


def in_the_default_environment(project: Project) -> Environment:
    project.configure("prod", SAID)
    return {}


def in_another_environment(project: Project) -> Environment:
    project.configure("dev", SAID)
    return {"MELTANO_ENVIRONMENT": "dev"}


def told(project: Project, environment: Environment) -> dict[str, dict[str, str]]:
    finished = project.run(PYTHON, "-c", PLACES, **environment)
    assert finished.returncode == 0, finished.stderr
    found: dict[str, dict[str, str]] = json.loads(finished.stdout)
    return found


def handed_to(loader: str, project: Project, environment: Environment) -> dict[str, str]:
    """Return what Meltano hands to the loader, of the settings that say where it writes."""
    finished = project.meltano("invoke", "--dump=config", loader, **environment)
    assert finished.returncode == 0, finished.stderr
    config = json.loads(finished.stdout)
    return {name: str(value) for name, value in config.items() if name in SAID[loader]}


@pytest.mark.parametrize(
    "say",
    [
        in_variables,
        in_the_env_file,
        by_meltano_config,
        in_the_default_environment,
        in_another_environment,
    ],
)
def test_the_places_are_those_that_the_loader_is_told(
    say: Callable[[Project], Environment], tmp_path: Path
) -> None:
    project = Project.copied(tmp_path / "project")
    environment = say(project)
    assert handed_to("target-duckdb", project, environment) == SAID["target-duckdb"]
    found = told(project, environment)
    assert found["target-duckdb"] == SAID["target-duckdb"]
    assert found["freshsales-review"] == SAID["freshsales-review"]
    assert found["target-postgres"].items() >= SAID["target-postgres"].items()


def test_where_nobody_says_anything_the_places_are_the_defaults(tmp_path: Path) -> None:
    project = Project.copied(tmp_path / "project")
    # Before Meltano has ever run there, and after.
    assert told(project, {})["target-duckdb"] == handed_to("target-duckdb", project, {})
    assert told(project, {})["freshsales-review"] == {"warehouse": "output/warehouse.duckdb"}
    assert told(project, {})["target-duckdb"] == handed_to("target-duckdb", project, {})


def test_a_setting_that_meltano_cannot_tell_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    project = Project.copied(tmp_path / "project")
    assert project.meltano("job", "list").returncode == 0
    finished = project.run(REVIEW, "verify", MELTANO_ENVIRONMENT="nowhere")
    assert finished.returncode == 1
    assert finished.stderr.startswith("Error: Meltano does not tell the settings of target-duckdb")
    assert "Environment 'nowhere' was not found" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_one_file_for_the_loader_and_dbt_is_refused(tmp_path: Path) -> None:
    project = Project.copied(tmp_path / "project")
    one = "output/one.duckdb"
    finished = project.run(
        REVIEW,
        "capture",
        TARGET_DUCKDB_FILEPATH=one,
        TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA="freshsales",
        FRESHSALES_REVIEW_WAREHOUSE=str(project.folder / "output/../output/one.duckdb"),
    )
    assert finished.returncode == 1
    assert "The loader and dbt would both write output/one.duckdb" in finished.stderr


def test_a_load_that_went_elsewhere_is_not_verified_by_the_old_one(sandbox: Sandbox, tmp_path: Path) -> None:
    """Every step of the job follows a setting that was changed after a first load."""
    project = Project.copied(tmp_path / "project")
    credentials = tap_environment(sandbox)
    first = project.meltano("run", "tap-freshsales-users", "target-duckdb", **credentials)
    assert first.returncode == 0, first.stderr
    for plugin, settings in SAID.items():
        if plugin != "target-postgres":
            for name, value in settings.items():
                assert project.meltano("config", "set", plugin, name, value).returncode == 0
    (project.folder / "said").mkdir()
    sandbox.directory.remove(sandbox.directory.people[5])
    finished = project.meltano("run", "identity", **credentials)
    assert finished.returncode == 0, finished.stderr
    landing = DuckDB(project.folder / SAID["target-duckdb"]["filepath"], schema="crm")
    assert_same(landing.rows, truth(sandbox))
    assert not (project.folder / "output/warehouse.duckdb").exists()
    with duckdb.connect(str(project.folder / "said/warehouse.duckdb"), read_only=True) as warehouse:
        [(latest,)] = warehouse.execute(
            "select max(sync_id) from freshsales_identity.data_quality"
        ).fetchall()
    assert latest == max(row["sync_id"] for row in landing.rows("sync_receipts"))
    assert (project.folder / "output/access-review.html").stat().st_size
