"""The wings of the tap depend on one another in one direction, and only one of them knows the Singer SDK."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tap_freshsales_users

PACKAGE = Path(tap_freshsales_users.__file__).parent
ROOT = PACKAGE.parent
# What each wing may import of this package; the modules at the top may import all of them.
ALLOWED = {
    "api": {"api", "errors"},
    "records": {"records", "errors"},
    "reading": {"reading", "api", "records", "errors"},
    "singer": {"singer", "reading", "api", "records", "errors", "settings"},
}
SEPARATE = ("tap_freshsales_users", "freshsales_review", "freshsales_sandbox", "freshsales_idp")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("wing", ALLOWED)
def test_a_wing_imports_only_what_lies_below_it(wing: str) -> None:
    for path in (PACKAGE / wing).glob("*.py"):
        own = [name.split(".")[1] for name in imported(path) if name.startswith(f"{PACKAGE.name}.")]
        assert set(own) <= ALLOWED[wing], path.name


@pytest.mark.parametrize("wing", ["api", "reading", "records"])
def test_only_the_singer_wing_knows_the_sdk(wing: str) -> None:
    for path in (PACKAGE / wing).glob("*.py"):
        assert not [name for name in imported(path) if name.startswith("singer")], path.name


@pytest.mark.parametrize("package", SEPARATE)
def test_the_packages_never_import_one_another(package: str) -> None:
    others = {other for other in SEPARATE if other != package}
    for path in (ROOT / package).rglob("*.py"):
        assert not others & {name.split(".")[0] for name in imported(path)}, path.name


def test_no_package_imports_the_tests() -> None:
    for folder in (*SEPARATE, "dashboards", "demo"):
        for path in (ROOT / folder).rglob("*.py"):
            assert "tests" not in {name.split(".")[0] for name in imported(path)}, path.name
