"""What the documents show is what works: a code block is run, held against the code, or says it is not run.

SQL and the variables of dbt are run in tests/marts/test_documents.py, where there is a warehouse.
"""

import re
import shlex
import subprocess
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner

from dashboards.superset.__main__ import main as dashboard
from freshsales_idp.cli import main as idp
from freshsales_review.cli import main as review
from freshsales_sandbox.app import Sandbox
from tap_freshsales_users import Account
from tap_freshsales_users.tap import TapFreshsalesUsers
from tests.docs.blocks import Block, blocks
from tools.documents import ROOT

PIPELINE = yaml.safe_load((ROOT / "meltano.yml").read_text())
PLUGINS = {one["name"]: one for kind in PIPELINE["plugins"].values() for one in kind}
JOBS = {job["name"] for job in PIPELINE["jobs"]}
LANGUAGES = {"console", "sh", "python", "yaml", "dotenv", "csv", "sql", "text"}


def test_every_block_is_of_a_known_language_or_says_that_it_is_not_run() -> None:
    odd = [str(block) for block in blocks() if block.language not in LANGUAGES]
    odd += [str(block) for block in blocks() if " " in block.info and block.is_run]
    assert odd == []
    assert {block.language for block in blocks()} == LANGUAGES


# -- commands: parsed by the program itself, or looked up in what defines them


def by_click(command: click.Command) -> Callable[[list[str]], None]:
    """Arguments are parsed before `--help` is looked at, so nothing is run, and nothing unknown passes."""

    def check(arguments: list[str]) -> None:
        result = CliRunner().invoke(command, [*arguments, "--help"])
        assert result.exit_code == 0, result.output

    return check


def make(arguments: list[str]) -> None:
    subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, check=True, capture_output=True)


def meltano(arguments: list[str]) -> None:
    command, *rest = arguments
    if command == "run":
        assert {name.partition(":")[0] for name in rest} <= JOBS | PLUGINS.keys()
    elif command == "invoke":
        plugin, _, of_plugin = rest[0].partition(":")
        assert plugin in PLUGINS
        assert not of_plugin or of_plugin in PLUGINS[plugin]["commands"]
    else:
        assert command == "add"
        kind, reference = rest[rest.index("--plugin-type") + 1], rest[rest.index("--from-ref") + 1]
        [definition] = (ROOT / "hub").glob(f"{kind[:-1]}*/{rest[-1]}.yml")
        assert ROOT / reference == definition


def dbt(arguments: list[str]) -> None:
    options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    [profile] = yaml.safe_load((ROOT / options["--profiles-dir"] / "profiles.yml").read_text()).values()
    assert options["--target"] in profile["outputs"]
    assert (ROOT / options["--project-dir"] / "dbt_project.yml").is_file()


def python(arguments: list[str]) -> None:
    assert arguments[:2] == ["-m", "dashboards.superset"]
    by_click(dashboard)(arguments[2:])


PROGRAMS: dict[str, Callable[[list[str]], None]] = {
    "make": make,
    "meltano": meltano,
    "dbt": dbt,
    "python": python,
    "freshsales-review": by_click(review),
    "freshsales-idp": by_click(idp),
    "tap-freshsales-users": by_click(TapFreshsalesUsers.cli),
}


def check(line: str) -> None:
    words = shlex.split(line, comments=True)
    for number, word in enumerate(words):
        if word in {"|", "&&"}:
            check(shlex.join(words[number + 1 :]))
            words = words[:number]
            break
    while "=" in words[0]:  # a variable for this command alone
        words = words[1:]
    program = Path(words[0]).name
    assert program in PROGRAMS, f"{program} is not run by any test: say so in the title of the block"
    PROGRAMS[program](words[1:])


@pytest.mark.parametrize("block", blocks("console", "sh"), ids=str)
def test_a_command_of_a_document_is_one_that_the_program_takes(block: Block) -> None:
    commands = [*block.commands()]
    assert commands
    for command in commands:
        check(command)


@pytest.mark.parametrize(
    "command",
    [
        "freshsales-review forget --nope",
        "freshsales-review nope",
        "freshsales-review campaign nope",
        "tap-freshsales-users --nope",
        "make nope",
        "meltano run nope",
        "meltano invoke target-nope",
        "make demo && make nope",
        "rm -rf /",
    ],
)
def test_a_command_that_no_program_takes_is_noticed(command: str) -> None:
    with pytest.raises((AssertionError, KeyError, subprocess.CalledProcessError)):
        check(command)


# -- the other languages


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_python_block_runs_against_the_sandbox(block: Block) -> None:
    """With the sandbox's settings in place of the three that the text shows."""
    shown = re.compile(r'Account\(domain="acme", api_key="\.\.\.", scim_token="\.\.\."\)')
    code, number = shown.subn("Account(**settings)", block.body)
    assert number == 1
    with Sandbox(people=12, seed=3, quota=None) as sandbox, redirect_stdout(StringIO()) as printed:
        names: dict[str, Any] = {"settings": sandbox.config}
        exec(compile(code, str(block), "exec"), names)
    assert isinstance(names["account"], Account)
    assert " users\n" in printed.getvalue()


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_a_yaml_block_names_what_is_there(block: Block) -> None:
    document = yaml.safe_load(block.body)
    variables = yaml.safe_load((ROOT / "transform/dbt_project.yml").read_text())["vars"]
    assert document.keys() <= {"vars", "packages", "plugins"}
    assert document.get("vars", {}).keys() <= variables.keys()
    assert all((ROOT / package["subdirectory"]).is_dir() for package in document.get("packages", []))
    for plugin in (one for kind in document.get("plugins", {}).values() for one in kind):
        ours = PLUGINS[plugin["name"]]
        assert plugin.get("capabilities") == ours.get("capabilities")
        assert plugin["namespace"] == ours["namespace"]
        known = {setting["name"] for setting in ours["settings"]}
        assert {one["name"] for one in plugin.get("settings", [])} | plugin["config"].keys() <= known
        # Another version of the loader, or of its DuckDB, loses rows.
        assert plugin["pip_url"].startswith("git+https://") or plugin["pip_url"] == ours["pip_url"]


@pytest.mark.parametrize("block", blocks("dotenv"), ids=str)
def test_a_variable_of_a_document_is_in_the_template(block: Block) -> None:
    template = (ROOT / ".env.template").read_text()
    known = set(re.findall(r"^(?:# )?([A-Z_]+)=", template, re.MULTILINE))
    named = set(re.findall(r"^([A-Z_]+)=", block.body, re.MULTILINE))
    assert named
    assert named <= known


@pytest.mark.parametrize("block", blocks("csv"), ids=str)
def test_a_roster_of_a_document_has_no_mistake(block: Block, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(block.body)
    result = CliRunner().invoke(idp, ["check-roster", str(tmp_path / "roster.csv")])
    assert result.exit_code == 0, result.output


def test_the_picture_of_the_marts_shows_their_columns() -> None:
    shown = ET.parse(ROOT / "docs/images/marts.svg").getroot()
    columns: dict[str, set[str]] = {}
    for text in shown.iter("{http://www.w3.org/2000/svg}text"):
        if text.get("class") == "name":
            names = columns.setdefault(str(text.text), set())
        elif text.get("class") == "column":
            names.add(str(text.text))
    assert len(columns) == 6
    for mart, names in columns.items():
        assert names
        [described] = yaml.safe_load((ROOT / f"transform/models/marts/{mart}.yml").read_text())["models"]
        assert names <= {column["name"] for column in described["columns"]}, mart


def test_no_picture_needs_a_script_or_another_host() -> None:
    pictures = list((ROOT / "docs/images").glob("*.svg"))
    assert pictures
    for picture in pictures:
        assert not re.search(r"<script|href|url\(|@import", picture.read_text()), picture.name
