"""Decisions on their way: out of the page, through a real LibreOffice, to the warehouse and the next page."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import expect

from freshsales_review.cli import main
from tests.browser.conftest import Open
from tests.browser.test_review_page import choose, exported
from tests.marts.engines import DuckDB
from tests.marts.reviewing import Company
from tools import marts
from tools.libreoffice import Dialect, saved_as_csv
from tools.warehouses import DuckDBFile

MARTS = "freshsales_identity"
AMERICAN, GERMAN, BRITISH = 1033, 1031, 2057
REVIEWER = "Zoë Ünal <head@audit.example>"
NOTE = 'two\nlines; "quoted", and ünal'


def filled_in(rows: Iterable[dict[str, str]], path: Path, **cells: str) -> Path:
    """Save the rows as the page does, with what the reviewer has typed."""
    typed = [{**row, **cells} for row in rows]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(typed[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(typed)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    return path


def decide(location: str, path: Path) -> Result:
    options = ["--max-age-days", "36500", "--campaign", "2026-Q4", "--warehouse", location]
    return CliRunner().invoke(main, ["decide", *options, str(path)])


@pytest.mark.parametrize(
    ("dialect", "typed"),
    [
        (Dialect(",", AMERICAN), "11/5/2026"),
        (Dialect(";", GERMAN), "05.11.2026"),
        (Dialect(";", BRITISH), "5/11/2026"),
        (Dialect("\t", AMERICAN), "2026-11-05"),
    ],
    ids=["american", "german", "british", "tabs"],
)
@pytest.mark.parametrize("button", ["Export CSV for sign-off", "Export what they hold"])
def test_decisions_survive_a_real_libreoffice(
    own_warehouse: DuckDBFile, review: Open, tmp_path: Path, button: str, dialect: Dialect, typed: str
) -> None:
    own_warehouse.execute(
        *marts.company(30),
        *marts.history(),
        f"update {MARTS}.access_review set display_name = '=cmd()' where status = 'unmanaged'",
    )
    page = review(own_warehouse)
    choose(page, "Status", "Unmanaged")
    rows = exported(page, button)
    assert rows[0]["name"] == "'=cmd()"
    answers = {"decision": "revoke", "reviewer": REVIEWER, "note": NOTE, "decided_at": typed}
    path = filled_in(rows, tmp_path / "decisions.csv", **answers)
    saved = saved_as_csv(path, dialect, tmp_path)
    assert saved.read_bytes() != path.read_bytes()
    taken = decide(own_warehouse.location, saved)
    assert taken.exit_code == 0, taken.output
    found = own_warehouse.fetch(
        "select identity_key, coalesce(grant_key, ''), decision, reviewer, note, "
        "cast(decided_at as varchar) from freshsales_decisions.review_decisions"
    )
    assert sorted(found) == sorted(
        (row["identity_key"], row["grant_key"], "revoke", REVIEWER, NOTE, "2026-11-05 00:00:00")
        for row in rows
    )
    # The file as it was before LibreOffice says the same.
    again = decide(own_warehouse.location, path)
    assert f"0 decisions are new, {len(rows)} were there already" in again.output


def test_what_was_decided_and_carried_out_is_in_the_next_report(
    review: Open, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine = DuckDB(tmp_path / "warehouse.duckdb")
    company = Company(engine, tmp_path_factory.mktemp("dbt"), tmp_path)
    company.read(1)
    warehouse = DuckDBFile(engine.path)
    page = review(warehouse)
    expect(page.locator("#campaigns")).to_be_hidden()
    page.get_by_label("Search").fill("bob@x")
    [bob] = exported(page)
    path = filled_in([bob], tmp_path / "bob.csv", decision="revoke", reviewer="head@x")
    taken = decide(warehouse.location, saved_as_csv(path, Dialect(";", GERMAN), tmp_path))
    assert taken.exit_code == 0, taken.output
    company.read(2, bob={"crm": None, "scim": False})
    # Asked for by its account, the page is written anew.
    page = review(warehouse, "--account", "a")
    card = page.locator(".campaign")
    expect(card).to_contain_text("1 of 9 people decided")
    expect(card.locator("[data-outcome=carried_out]")).to_have_text("1")
    page.get_by_label("Search").fill("bob@x")
    page.locator("#people tbody button").click()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("revoke decided")
    expect(panel).to_contain_text("decision carried out")
    expect(panel.locator("dt", has_text="Last decision").locator("+ dd")).to_contain_text("changed since")
