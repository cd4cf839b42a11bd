"""What each package imports is declared by the package itself, and what is declared is imported."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# What each folder is installed with: the tap's own dependencies always, and these extras and groups. The
# dashboards and the benchmarks run in environments of their own.
FOLDERS = {
    "tap_freshsales_users": ("dlt",),
    "freshsales_review": ("review",),
    "freshsales_sandbox": ("sandbox",),
    "freshsales_idp": ("idp",),
    "demo": ("review", "sandbox"),
    "tools": ("review", "sandbox", "dev"),
    "tests": ("review", "sandbox", "idp", "dev"),
}
OWN = {path.name for path in ROOT.iterdir() if path.is_dir()}
# Declared for what they do or bring, not to be imported: commands, plug-ins, stubs, scripts for the report.
NOT_IMPORTED = {
    "itables",
    "mkdocs-material",
    "mypy",
    "pymdown-extensions",
    "pytest-xdist",
    "ruff",
    "types-jsonschema",
    "types-requests",
}
# Environments of their own have requirements of their own.
ELSEWHERE = {"airflow", "airbyte", "airbyte_cdk", "superset", "dbt"}


def normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> dict[str, Requirement]:
    texts = list(PROJECT["project"]["dependencies"])
    for extra in extras:
        texts += PROJECT["project"]["optional-dependencies"].get(extra, [])
        texts += PROJECT["dependency-groups"].get(extra, [])
    return {normal(requirement.name): requirement for requirement in map(Requirement, texts)}


def imports(folder: str) -> Iterator[tuple[str, str]]:
    """File and top-level module of each import of another project."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                module = name.partition(".")[0]
                if module not in sys.stdlib_module_names | OWN | ELSEWHERE | {"_typeshed"}:
                    yield str(path.relative_to(ROOT)), module


@cache
def installed() -> Mapping[str, list[str]]:
    return packages_distributions()


def distributions_of(module: str) -> set[str]:
    found = {normal(name) for name in installed().get(module, [])}
    assert found, f"{module} is not installed"
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_import_is_of_a_declared_dependency(folder: str) -> None:
    known = declared(*FOLDERS[folder])
    undeclared = {
        f"{path}: {module}" for path, module in imports(folder) if not distributions_of(module) & known.keys()
    }
    assert not undeclared


def test_every_declared_dependency_is_imported() -> None:
    imported = {
        name for folder in FOLDERS for _, module in imports(folder) for name in distributions_of(module)
    }
    assert declared("review", "sandbox", "idp", "dev").keys() - imported == NOT_IMPORTED


@pytest.mark.parametrize("extra", ["", "review", "sandbox", "idp", "dlt", "airbyte"])
def test_a_dependency_of_users_has_a_floor_and_a_ceiling(extra: str) -> None:
    for requirement in declared(extra).values():
        assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}, str(requirement)


def test_the_floor_of_urllib3_is_the_one_that_bounds_a_body() -> None:
    specifier = declared()["urllib3"].specifier
    assert not specifier.contains("2.7.9")
    assert specifier.contains("2.8.0")
