"""The pictures of README.md, taken of what `make demo` wrote: python -m tests.browser.screenshots."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

from tools.chromium import FLAGS, executable

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "output" / "access-review.html"
IMAGES = ROOT / "docs" / "images"


def main(report: Path = REPORT, images: Path = IMAGES) -> None:
    images.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))

        def opened(width: int, height: int, scheme: Literal["light", "dark"]) -> Page:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(report.as_uri())
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
        browser.close()


if __name__ == "__main__":
    main()
