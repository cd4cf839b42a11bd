"""The pictures of the documents, taken of what `make demo` wrote: the report, and the dashboard in Superset.

`make pictures` takes them anew. Look at them before they are committed.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tools.chromium import FLAGS, executable
from tools.superset import Dashboard, served, signed_in

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "output" / "access-review.html"
WAREHOUSE = ROOT / "output" / "warehouse.duckdb"
IMAGES = ROOT / "docs" / "images"


def main(images: Path = IMAGES) -> None:
    images.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        of_the_report(browser, images)
        of_the_dashboard(browser, images)
        browser.close()


def of_the_report(browser: Browser, images: Path) -> None:
    def opened(width: int, height: int, scheme: Literal["light", "dark"]) -> Page:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.goto(REPORT.as_uri())
        page.locator("html[data-ready]").wait_for(state="attached")
        return page

    opened(1280, 1560, "light").screenshot(path=images / "access-review.png")
    page = opened(1280, 900, "light")
    page.locator("#providers").evaluate("section => section.scrollIntoView()")
    page.screenshot(path=images / "identity-provider.png")
    page = opened(1280, 900, "dark")
    page.locator("#review").scroll_into_view_if_needed()
    page.locator("#people tbody button").nth(3).click()
    page.screenshot(path=images / "access-review-person.png")
    narrow = opened(400, 900, "light")
    narrow.locator("#review").evaluate("section => section.scrollIntoView()")
    narrow.screenshot(path=images / "access-review-narrow.png")


def of_the_dashboard(browser: Browser, images: Path) -> None:
    with TemporaryDirectory() as home, served(str(WAREHOUSE), Path(home)) as superset:
        dashboard = Dashboard.open(signed_in(browser, superset), superset.address)
        dashboard.page.screenshot(
            path=images / "superset.png", clip={"x": 0, "y": 0, "width": 1280, "height": 1560}
        )


if __name__ == "__main__":
    main()
