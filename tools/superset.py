"""The dashboard served by Superset, and as a reader sees it, for tests and pictures."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect
from playwright.sync_api import TimeoutError as NotInTime

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venv-superset" / "bin"
CHARTS = 15
CHARTS_OF_THE_OTHER_SIDE = 7
PATIENCE_MS = 60_000
TRIES = 3
# Of a canvas, whether anything is drawn on it.
IS_DRAWN = """
canvas => new Set(
    new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)
).size > 2
"""


@dataclass(frozen=True)
class Served:
    home: Path
    address: str
    username: str
    password: str


@contextmanager
def served(warehouse: str, home: Path) -> Iterator[Served]:
    """Serve the dashboard of a warehouse on a free port, with what Superset keeps in `home`."""
    command = [
        *(str(ENVIRONMENT / "python"), "-m", "dashboards.superset", "serve"),
        *("--warehouse", warehouse, "--home", str(home), "--port", "0"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            # It ends where the login is printed, or, if it fails, where the process does.
            lines = iter(process.stdout.readline, "Ctrl-C ends it.\n") if process.stdout else ()
            said = "".join(lines)
            found = re.search(r"Dashboard +(http://127\.0\.0\.1:\d+)/\S+\nLogin +(\S+) / (\S+)\n", said)
            if found is None:
                raise RuntimeError(said)
            yield Served(home, *found.groups())
        finally:
            process.send_signal(signal.SIGINT)
            if code := process.wait(timeout=30):
                raise subprocess.CalledProcessError(code, command)


def signed_in(browser: Browser, superset: Served) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1280, "height": 3000}, base_url=superset.address)
    page = context.new_page()
    page.goto("/login/", wait_until="networkidle", timeout=PATIENCE_MS)
    # The form is drawn more than once while the page loads, and then forgets what was filled in before.
    for _ in range(TRIES):
        page.locator("#username").fill(superset.username)
        page.locator("#password").fill(superset.password)
        page.get_by_role("button", name="Sign in").click()
        with suppress(NotInTime):
            page.wait_for_url(
                re.compile("/superset/welcome/"), wait_until="commit", timeout=PATIENCE_MS / TRIES
            )
            page.close()
            return context
    raise RuntimeError("Superset did not take the login.")


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
            elif response.status >= HTTPStatus.BAD_REQUEST:
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
