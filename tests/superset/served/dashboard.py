"""The dashboard as a reader sees it."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Locator, Page, Response, expect

CHARTS = 15
CHARTS_OF_THE_OTHER_SIDE = 6
PATIENCE_MS = 60_000
# Of a canvas, whether anything is drawn on it.
IS_DRAWN = """
canvas => new Set(
    new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)
).size > 2
"""


@dataclass
class Dashboard:
    page: Page
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, context: BrowserContext, address: str) -> "Dashboard":
        dashboard = cls(context.new_page())

        def heard(response: Response) -> None:
            if not response.url.startswith((address, "data:", "blob:")):
                dashboard.wrong.append(f"answer from {response.url}")
            elif response.status >= 400:
                dashboard.wrong.append(f"{response.status} for {response.url}")

        dashboard.page.on("response", heard)
        dashboard.page.on("pageerror", lambda error: dashboard.wrong.append(f"error: {error}"))
        dashboard.page.on("dialog", lambda dialog: dashboard.wrong.append(f"dialog: {dialog.message}"))
        dashboard.reload()
        return dashboard

    def reload(self) -> None:
        """Show it anew with no filter, and wait until every chart has its data and has drawn it."""
        self.page.goto("/superset/dashboard/access-review/")
        self._wait_for(CHARTS)

    def open_the_other_side(self) -> None:
        self.page.get_by_role("tab", name="The other side").click()
        self._wait_for(CHARTS_OF_THE_OTHER_SIDE)

    def _wait_for(self, charts: int) -> None:
        shown = self.page.locator("[data-test-chart-name]:visible")
        expect(shown).to_have_count(charts, timeout=PATIENCE_MS)
        expect(shown.locator(".slice_container")).to_have_count(charts, timeout=PATIENCE_MS)
        expect(self.page.locator(".loading:visible")).to_have_count(0, timeout=PATIENCE_MS)

    def chart(self, name: str) -> Locator:
        return self.page.locator(f'[data-test-chart-name="{name}"]')

    def expect_number(self, name: str, number: object) -> None:
        shown = self.chart(name).locator(".header-line")
        expect(shown).to_have_text(str(number), timeout=PATIENCE_MS)

    def expect_rows(self, name: str, rows: object) -> None:
        search = self.chart(name).get_by_placeholder(re.compile(rf"^{rows} records?(\.\.\.)?$"))
        expect(search).to_have_count(1, timeout=PATIENCE_MS)

    def is_drawn(self, name: str) -> bool:
        return bool(self.chart(name).locator("canvas").first.evaluate(IS_DRAWN))

    def choose(self, filter_id: str, value: str) -> None:
        control = self.page.get_by_test_id(f"NATIVE_FILTER-{filter_id}")
        control.click()
        control.get_by_role("combobox").fill(value)
        self.page.get_by_title(value, exact=True).locator("visible=true").click()
        self.page.keyboard.press("Escape")
        self.page.get_by_role("button", name="Apply filters").click()
