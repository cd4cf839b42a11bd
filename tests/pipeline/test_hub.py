"""The definitions in hub/: right by Meltano's own schema, and enough for a project that has nothing else."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml  # type: ignore[import-untyped]

from freshsales_review.cli import main
from freshsales_sandbox.app import Sandbox
from tests.pipeline.commands import ROOT, tap_environment
from tests.pipeline.projects import Project
from tests.pipeline.reading import assert_same
from tests.pipeline.truth import truth
from tests.pipeline.warehouses import DuckDB

HUB = ROOT / "hub"
FILES = sorted(HUB.rglob("*.yml"))
# Keys of the hub's own pages, which Meltano does not write into a project.
OF_THE_HUB_ALONE = {
    "definition",
    "domain_url",
    "keywords",
    "maintenance_status",
    "prereq",
    "quality",
    "settings_preamble",
    "supported_python_versions",
    "usage",
}


def definition(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """What the installed Meltano says of a plugin in a project file; the hub's schema is in no package."""
    [path] = (ROOT / ".venv-meltano/lib").glob("python3*/site-packages/meltano/schemas/meltano.schema.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project as `meltano init` leaves it, and what is installed already."""
    folder = tmp_path / "project"
    made = Project(tmp_path).meltano("init", "--no-usage-stats", str(folder))
    assert made.returncode == 0, made.stderr
    system = folder / ".meltano"
    for kind in ("extractors", "loaders", "utilities"):
        (system / kind).mkdir(parents=True)
        for installed in (ROOT / ".meltano" / kind).iterdir():
            (system / kind / installed.name).symlink_to(installed)
    (system / "utilities/dbt-freshsales").symlink_to(ROOT / ".meltano/utilities/freshsales-review")
    return Project(folder)


def add(project: Project, path: Path) -> None:
    """Add from the definition; a hub that refuses every connection is not asked."""
    kind = path.parent.name
    finished = project.meltano(
        "add",
        "--no-install",
        f"--plugin-type={kind}",
        f"--from-ref={path}",
        definition(path)["name"],
        MELTANO_HUB_URL="http://127.0.0.1:9",
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_definition_has_the_shape_that_meltano_asks_for(path: Path, schema: dict[str, Any]) -> None:
    found = definition(path)
    assert found["variant"]
    plugin = {key: value for key, value in found.items() if key not in OF_THE_HUB_ALONE}
    document = {"plugins": {path.parent.name: [plugin]}}
    jsonschema.Draft202012Validator(schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(
            {"plugins": {path.parent.name: [plugin | {"unknown": True}]}}
        )


def test_groups_of_settings_name_settings_and_secrets_are_sensitive() -> None:
    found = definition(HUB / "extractors/tap-freshsales-users.yml")
    settings = {setting["name"]: setting for setting in found["settings"]}
    for group in found["settings_group_validation"]:
        assert set(group) <= settings.keys()
    about = ROOT / "tap_freshsales_users/settings.py"
    assert about.read_text().count("secret=True") == sum("sensitive" in one for one in settings.values())


def test_an_empty_project_needs_the_definitions_alone(
    project: Project, sandbox: Sandbox, tmp_path: Path
) -> None:
    for path in FILES:
        add(project, path)
    [loader] = [
        one
        for one in yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
        if one["name"] == "target-duckdb"
    ]
    reference = tmp_path / "loaders/target-duckdb.yml"
    reference.parent.mkdir()
    reference.write_text(yaml.safe_dump(loader | {"variant": "jwills"}))
    add(project, reference)
    environment = tap_environment(sandbox)
    finished = project.meltano(
        "run",
        "--no-install",
        "tap-freshsales-users",
        "target-duckdb",
        "freshsales-review:verify",
        **environment,
    )
    assert finished.returncode == 0, finished.stderr
    assert_same(DuckDB(project.folder / "output/landing.duckdb").rows, truth(sandbox))
    # The credentials are in no log, also where Meltano asks the tap for its own form of one.
    for secret in (sandbox.config["api_key"], sandbox.config["scim_token"]):
        assert secret not in finished.stdout + finished.stderr
    environment |= {"DBT_PROJECT_DIR": str(ROOT / "transform")}
    listed = project.meltano(
        "invoke",
        "--no-install",
        "dbt-freshsales",
        "dbt",
        "ls",
        "--quiet",
        "--select",
        "access_review",
        **environment,
    )
    assert listed.returncode == 0, listed.stderr
    assert "freshsales_identity.marts.access_review" in listed.stdout.split()


def test_every_command_of_a_utility_is_one_that_the_program_has() -> None:
    for path in FILES:
        for command in definition(path).get("commands", {}).values():
            assert command["args"].split()[0] in main.commands
