"""The lists of CONTRIBUTING.md against the code: which files an addition touches."""

import re
from pathlib import Path

import pytest

from tools.documents import ROOT

FOLDERS = (
    *(
        "benchmarks",
        "dashboards",
        "demo",
        "fleet",
        "freshsales_fleet",
        "freshsales_idp",
        "freshsales_review",
        "freshsales_sandbox",
    ),
    *("schemas", "tap_freshsales_users", "tests", "tools"),
    *("transform/macros", "transform/models", "transform/profiles", "transform/tests"),
)
SUFFIXES = {".py", ".js", ".json", ".sql", ".toml", ".yaml", ".yml"}
_LIST = re.compile(
    r"^### (?P<title>.+)\n\nExample: .+, as `(?P<pattern>.+)`\.\n\n(?P<files>(?:[- ] .+\n)+)", re.MULTILINE
)
LISTS = {found["title"]: found for found in _LIST.finditer((ROOT / "CONTRIBUTING.md").read_text())}


def named_in(pattern: str) -> set[str]:
    """Files that name the example; tests, and what is generated, are left out."""
    places = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    places += [ROOT / "Makefile", ROOT / "meltano.yml"]
    return {
        str(path.relative_to(ROOT))
        for path in places
        if not path.name.startswith("test_") and re.search(pattern, path.read_text(encoding="utf-8"))
    }


def test_there_is_a_list_for_each_kind_of_addition() -> None:
    assert list(LISTS) == [
        "A REST stream",
        "A SCIM column",
        "A quirk of the sandbox",
        "A flag of the review",
        "A spelling of a quota header",
        "A warehouse",
    ]


@pytest.mark.parametrize("title", LISTS)
def test_a_list_has_exactly_the_files_that_name_its_example(title: str) -> None:
    listed = {name for name in re.findall(r"`([^`]+)`", LISTS[title]["files"]) if "/" in name or "." in name}
    listed |= {"Makefile"} & set(re.findall(r"`([^`]+)`", LISTS[title]["files"]))
    assert [name for name in listed if not (ROOT / name).is_file()] == []
    named_after = {name for name in listed if Path(name).stem.endswith("teams")}
    tests = {name for name in listed if Path(name).name.startswith("test_")}
    assert listed - tests - named_after == named_in(LISTS[title]["pattern"]) - named_after
