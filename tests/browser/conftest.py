"""The page in a real browser, from a real DuckDB file: nothing may leave it or go wrong in it."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright

from freshsales_review.cli import main
from tools import marts
from tools.chromium import FLAGS, executable
from tools.warehouses import DuckDBFile

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> DuckDBFile:
    """Marts of 250 people; only to be read."""
    warehouse = DuckDBFile(tmp_path_factory.mktemp("company") / "warehouse.duckdb")
    warehouse.execute(*marts.create(), *marts.company(250), *marts.providers(), *marts.reviewed())
    return warehouse


@pytest.fixture
def own_warehouse(tmp_path: Path) -> DuckDBFile:
    """Empty marts for a test to fill."""
    warehouse = DuckDBFile(tmp_path / "warehouse.duckdb")
    warehouse.execute(*marts.create())
    return warehouse


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    @cache
    def write(location: str, *options: str) -> Path:
        path = tmp_path_factory.mktemp("page") / "access-review.html"
        arguments = ["report", "--warehouse", location, "--output", str(path), *options]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return path

    return write


@pytest.fixture
def review(browser: Browser, written: Callable[..., Path]) -> Iterator[Open]:
    """Open the report of a warehouse, and list everybody; at the end, the page must have behaved."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def show(warehouse: DuckDBFile, *options: str, everybody: bool = True) -> Page:
        path = written(warehouse.location, *options)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: wrong.append(f"request: {request.url}"))
        page.goto(path.as_uri(), wait_until="commit")
        page.locator("html[data-ready]").wait_for(state="attached")
        assert wrong == [f"request: {path.as_uri()}"], "the page itself is all that is asked for"
        wrong.clear()
        if everybody:
            page.get_by_role("button", name="Show everybody").click()
        return page

    yield show
    context.close()
    assert [what for what in wrong if not what.startswith("request: blob:")] == []
