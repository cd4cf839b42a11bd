"""A release: its version is the tag's, its changelog speaks of it, and both files of it install and run."""

import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from tools.release import ROOT, problems

UV = Path(sys.executable).with_name("uv")
TODAY = date(2026, 12, 24)
EARLIER = "## [0.1.0] - 2026-01-02\n\n- The tap.\n"
GOOD = f"# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-24\n\n### Added\n\n- A thing.\n\n{EARLIER}"
# As Git works for somebody without any configuration.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example",
    "GIT_COMMITTER_NAME": "somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example",
}


def run(*command: str | Path, cwd: Path, environment: Mapping[str, str] = GIT) -> str:
    finished = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def built(source: Path, place: Path, *kinds: str) -> set[str]:
    run(UV, "build", "--quiet", *kinds, "--out-dir", place, source, cwd=source)
    return {path.name for path in place.iterdir() if path.name != ".gitignore"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tree that the project hands out, without Git."""
    folder = tmp_path_factory.mktemp("source")
    [name] = built(ROOT, folder, "--sdist")
    with tarfile.open(folder / name) as archive:
        archive.extractall(folder, filter="data")
    [tree] = [path for path in folder.iterdir() if path.is_dir()]
    return tree


@pytest.fixture(scope="module")
def release(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and sdist of a commit with the tag v9.8.7; the wheel is built from the sdist, without Git."""
    tree, place = tmp_path_factory.mktemp("tagged") / "tree", tmp_path_factory.mktemp("dist")
    run("cp", "-R", source, tree, cwd=source)
    (tree / "PKG-INFO").unlink()
    for command in ("init --quiet", "add --all", "commit --quiet --message x", "tag v9.8.7"):
        run("git", *command.split(), cwd=tree)
    assert built(tree, place) == {
        "tap_freshsales_users-9.8.7-py3-none-any.whl",
        "tap_freshsales_users-9.8.7.tar.gz",
    }
    return place


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Away from where the tests look for credentials: the sandbox's own code has them."""
    return tmp_path_factory.mktemp("installed")


@pytest.mark.parametrize("suffix", [".whl", ".tar.gz"])
def test_an_installed_release_runs_and_tells_the_version_of_its_tag(
    suffix: str, release: Path, folder: Path
) -> None:
    [package] = release.glob(f"*{suffix}")
    programs = folder / "environment/bin"
    run(UV, "venv", "--quiet", "--no-project", "--python", sys.executable, programs.parent, cwd=folder)
    install = (UV, "pip", "install", "--quiet", "--python", programs / "python")
    # Alone at first, so that the tap has nothing but its own dependencies.
    run(*install, "--constraint", ROOT / "constraints.txt", package, cwd=folder)
    tap = programs / "tap-freshsales-users"
    assert json.loads(run(tap, "--about", "--format=json", cwd=folder))["version"] == "9.8.7"
    streams = {one["tap_stream_id"] for one in json.loads(run(tap, "--discover", cwd=folder))["streams"]}
    assert streams == {path.stem for path in (ROOT / "schemas").glob("*.json")}
    run(*install, "--constraint", ROOT / "constraints.txt", f"{package}[review]", cwd=folder)
    assert "9.8.7" in run(programs / "freshsales-review", "--version", cwd=folder)


def test_a_tree_without_git_and_without_a_tag_can_be_built(source: Path, folder: Path) -> None:
    run("cp", "-R", source, folder / "tree", cwd=source)
    (folder / "tree/PKG-INFO").unlink()
    [wheel] = built(folder / "tree", folder / "dist", "--wheel")
    assert wheel == "tap_freshsales_users-0.0.0-py3-none-any.whl"


def test_a_changelog_that_speaks_of_the_version_is_ready() -> None:
    assert list(problems("v0.2.0", GOOD, TODAY)) == []


@pytest.mark.parametrize(
    ("tag", "changelog", "expected"),
    [
        ("0.2.0", GOOD, "is no version"),
        ("v0.2", GOOD, "is no version"),
        ("v0.3.0", GOOD, r"is not \[0.3.0\]: write it"),
        ("v0.1.0", GOOD, r"is not \[0.1.0\]: write it"),
        ("v0.2.0", GOOD.replace("ed]\n", "ed]\n\n- Another.\n", 1), r"\[Unreleased\] of .* is not empty"),
        ("v0.2.0", GOOD.replace("## [Unreleased]\n\n", ""), "add an empty one"),
        ("v0.2.0", GOOD.replace("### Added\n\n- A thing.\n", ""), "is empty: say what is new"),
        ("v0.2.0", GOOD.replace(" - 2026-12-24", ""), "needs its day"),
        ("v0.2.0", GOOD.replace("2026-12-24", "2026-12-25"), "needs its day"),
        ("v0.2.0", GOOD.replace("2026-12-24", "24.12.2026"), "needs its day"),
        ("v0.2.0", GOOD + EARLIER.replace("0.1.0", "0.2.0"), "two sections of one name"),
    ],
)
def test_a_changelog_that_does_not_is_told_what_is_missing(tag: str, changelog: str, expected: str) -> None:
    assert any(re.search(expected, problem) for problem in problems(tag, changelog, TODAY))


def test_the_changelog_of_this_project_begins_with_what_is_not_released() -> None:
    said = list(problems("v999.0.0", (ROOT / "CHANGELOG.md").read_text(), TODAY))
    assert not [one for one in said if "does not begin" in one]
