"""The parts of the tap depend on one another in one direction, and only its face knows the Singer SDK."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tap_freshsales_users

PACKAGE = Path(tap_freshsales_users.__file__).parent
ROOT = PACKAGE.parent
WINGS = ("api", "reading", "records", "tables", "singer")
# What each wing, and each module between the wings and the command, may import of this package.
ALLOWED = {
    "api": {"api", "epoch", "errors"},
    "records": {"records", "epoch", "errors"},
    "reading": {"reading", "api", "records", "errors"},
    "tables": {"tables", "reading", "records"},
    "session": {"tables", "reading", "records", "api", "settings", "errors"},
    "summary": {"reading", "errors"},
    "check": {"session", "summary", "tables", "reading", "terminal", "errors"},
    "account": {"session", "settings", "validation", "tables", "reading", "records", "errors"},
    "validation": {"api", "tables", "records", "errors"},
    "dlt": {"account", "reading", "records"},
    "airbyte": {"account", "settings", "tables", "reading", "records", "errors"},
    "singer": {"singer", "session", "tables", "reading", "api", "records", "errors", "settings"},
    "run": {"singer", "session", "summary", "tables", "reading", "errors"},
}
SEPARATE = ("tap_freshsales_users", "freshsales_review", "freshsales_sandbox", "freshsales_idp")
# The sandbox plays two servers, whose facts may be the same by chance.
WITH_ONE_PLACE_FOR_EACH_FACT = (
    "tap_freshsales_users",
    "freshsales_review",
    "freshsales_idp",
    "freshsales_fleet",
)
# Folders of the checkout that no wheel has.
BESIDE_THE_PACKAGES = ("benchmarks", "dashboards", "demo", "fleet", "tools")
# Every command shares where the loader writes, and what a command says while it works. These modules need
# only the standard library and click.
SHARED = {
    "freshsales_idp": {"freshsales_review.at_work", "freshsales_review.errors", "freshsales_review.places"}
}
# A reader without Singer stands on these.
WITHOUT_THE_SDK = (
    "api",
    "reading",
    "records",
    "tables",
    "session",
    "summary",
    "check",
    "account",
    "validation",
    "dlt",
    "airbyte",
)


def modules(place: str) -> list[Path]:
    """Of a wing, or the one module of that name."""
    found = list((PACKAGE / place).glob("*.py")) if place in WINGS else [PACKAGE / f"{place}.py"]
    assert found
    return found


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """The names in upper case of a module, with the source of their values; not the variables of types."""
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            is_pair = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if is_pair and isinstance(node.value, ast.Tuple) else [node.value]
            for name, value in zip(names, values, strict=False):
                source = ast.unparse(value)
                if isinstance(name, ast.Name) and name.id.isupper() and not source.startswith("TypeVar("):
                    yield name.id, source


@pytest.mark.parametrize("place", ALLOWED)
def test_a_wing_imports_only_what_lies_below_it(place: str) -> None:
    for path in modules(place):
        own = [name.split(".")[1] for name in imported(path) if name.startswith(f"{PACKAGE.name}.")]
        assert set(own) <= ALLOWED[place], path.name


@pytest.mark.parametrize("place", WITHOUT_THE_SDK)
def test_nothing_but_the_singer_face_knows_the_sdk(place: str) -> None:
    for path in modules(place):
        known = {f"{PACKAGE.name}.singer", f"{PACKAGE.name}.command", f"{PACKAGE.name}.run"}
        assert not [name for name in imported(path) if name.startswith(("singer_sdk", *known))], path.name


def test_a_list_is_read_and_a_table_filled_without_the_sdk() -> None:
    """Not only by what is written in the modules: the SDK is not loaded at all."""
    script = (
        "import sys; import tap_freshsales_users.check; import tap_freshsales_users.api.api; "
        "sys.exit('singer_sdk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_receipt_is_made_in_one_place() -> None:
    makers = [
        path.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Receipt"
    ]
    assert makers == ["receipt.py"]


@pytest.mark.parametrize("setting", ["api_key", "scim_token"])
def test_the_setting_of_a_credential_is_spelled_in_one_module(setting: str) -> None:
    """Beside the module that declares all settings."""
    spelling = {
        path.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value == setting
    }
    assert spelling == {"auth.py", "settings.py"}


@pytest.mark.parametrize("package", WITH_ONE_PLACE_FOR_EACH_FACT)
def test_no_constant_is_written_in_two_modules(package: str) -> None:
    places: dict[tuple[str, str], list[str]] = {}
    for path in (ROOT / package).rglob("*.py"):
        for name, value in constants(path):
            places.setdefault((name, value), []).append(path.name)
    assert {constant: where for constant, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("package", SEPARATE)
def test_the_packages_never_import_one_another(package: str) -> None:
    others = {other for other in SEPARATE if other != package}
    for path in (ROOT / package).rglob("*.py"):
        names = set(imported(path)) - SHARED.get(package, set())
        assert not others & {name.split(".")[0] for name in names}, path.name


def test_only_the_tests_import_the_tests() -> None:
    """What tests share with benchmarks and documents lies in `tools`."""
    files = [path for path in ROOT.glob("[a-z]*/**/*.py") if path.parts[len(ROOT.parts)] != "tests"]
    assert {path.parts[len(ROOT.parts)] for path in files} >= {*SEPARATE, *BESIDE_THE_PACKAGES}
    importing = [path for path in files if "tests" in {name.split(".")[0] for name in imported(path)}]
    assert importing == []


@pytest.mark.parametrize("package", [*SEPARATE, "freshsales_fleet"])
def test_no_package_imports_what_is_not_installed_with_it(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        names = {name.split(".")[0] for name in imported(path)}
        assert not names & set(BESIDE_THE_PACKAGES), path.name
