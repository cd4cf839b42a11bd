import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, expect

from dashboards.superset.home import ASSETS, Home
from dashboards.superset.publish import publish
from tests.superset.served.conftest import HOSTILE, PEOPLE, command
from tools.superset import Dashboard, Served
from tools.warehouses import DuckDBFile, Filled

MARTS = "freshsales_identity"
BARS = (
    "People by flag",
    "Head count a day by status",
    "Entitlements by department",
    "Entitlements by role",
)
NUMBERS = {
    "People": f"select count(*) from {MARTS}.access_review",
    "Active": f"select count(*) from {MARTS}.access_review where status = 'active'",
    "To decide": f"select count(*) from {MARTS}.access_review where needs_decision",
    "Changed": f"""
        select count(distinct change.identity_key)
        from {MARTS}.identity_changes as change
        join {MARTS}.data_quality as quality using (account, stream)
        where quality.is_latest_run and change.seen_sync_id = quality.last_complete_sync_id""",
    "Streams not proven": f"""
        select count(*) from {MARTS}.data_quality where is_latest_run and not is_complete""",
}
ROWS = {
    "Access review: worst first": f"select count(*) from {MARTS}.access_review",
    "Who holds what": f"select count(*) from {MARTS}.identity_entitlements",
    "What changed": f"select count(*) from {MARTS}.identity_changes",
    "Decisions and what became of them": f"select count(*) from {MARTS}.review_outcomes",
}

OTHER_SIDE = {
    "Left there, and still in here": "idp_reconciliation where category = 'left_still_in'",
    "Could not be taken away by the provider": "access_review where deprovisioning_failed",
    "Assigned there, and missing here": "idp_reconciliation where category = 'assigned_missing_here'",
    "In here, and unknown there": "idp_reconciliation where category = 'here_unknown_there'",
    "How long access lasted after the leave": "deprovisioning",
    "What happened on either side": "identity_timeline",
}


@pytest.fixture(scope="module")
def dashboard(warehouse: Filled, context: BrowserContext, superset: Served) -> Iterator[Dashboard]:
    """The dashboard on each warehouse; at the end, nothing may have gone wrong or to another host."""
    assert warehouse
    opened = Dashboard.open(context, superset.address)
    yield opened
    opened.page.close()
    assert opened.wrong == []


def one(warehouse: Filled, sql: str) -> Any:
    [(value,)] = warehouse.fetch(sql)
    return value


def test_every_chart_renders_and_shows_what_sql_says(warehouse: Filled, dashboard: Dashboard) -> None:
    for name, sql in NUMBERS.items():
        dashboard.expect_number(name, one(warehouse, sql))
    for name, sql in ROWS.items():
        dashboard.expect_rows(name, one(warehouse, sql))
    for name in BARS:
        assert dashboard.is_drawn(name), name


def test_the_evidence_names_the_stream_that_was_not_read_whole(
    warehouse: Filled, dashboard: Dashboard
) -> None:
    streams = one(warehouse, f"select count(*) from {MARTS}.data_quality where is_latest_run")
    evidence = dashboard.chart("Evidence: what was read, and whether it is all there").locator("tbody tr")
    expect(evidence).to_have_count(streams)
    expect(evidence.filter(has_text="failed: the server stopped answering")).to_have_count(1)
    headings = dashboard.chart("Evidence: what was read, and whether it is all there").locator("th")
    for counted in ("Rows read", "Rows sent", "In the warehouse"):
        expect(headings.filter(has_text=counted)).to_have_count(1)
    dashboard.expect_number("Streams not proven", 1)


def test_the_review_is_worst_first_with_names_that_stay_text(warehouse: Filled, dashboard: Dashboard) -> None:
    worst = (
        "select risk_score, email, why.reasons "
        f"from {MARTS}.access_review left join (select account, identity_key, "
        f"string_agg(reason, '; ' order by place) as reasons from {MARTS}.identity_flags "
        f"join {MARTS}.review_flags using (flag) where is_raised group by account, identity_key) as why "
        "using (account, identity_key) order by risk_score desc, lower(display_name) limit 10"
    )
    scores, emails, reasons = zip(*warehouse.fetch(worst), strict=True)
    rows = dashboard.chart("Access review: worst first").locator("tbody tr")
    expect(rows.locator("td:nth-child(1)")).to_have_text([str(score) for score in scores])
    # Superset leaves out of a name what could run, and shows the rest as it is written.
    harmless = "<img src>"
    expect(rows.locator("td:nth-child(2)").first).to_have_text(harmless)
    expect(rows.locator("td:nth-child(3)")).to_have_text(
        [reason.replace(HOSTILE, harmless) for reason in reasons]
    )
    expect(rows.locator("td:nth-child(8)")).to_have_text(emails)
    expect(rows.locator("img")).to_have_count(0)


def test_a_campaign_shows_how_far_it_is_and_what_became_of_it(
    warehouse: Filled, dashboard: Dashboard
) -> None:
    figures = (
        "people_decided, people_in_scope, grants_decided, grants_in_scope, pending, carried_out, overdue"
    )
    [campaign] = warehouse.fetch(f"select {figures} from {MARTS}.review_campaigns")
    cells = dashboard.chart("Campaigns").locator("tbody tr td")
    expect(cells.nth(0)).to_have_text("2026-Q4")
    for place, figure in enumerate(campaign, start=4):
        expect(cells.nth(place)).to_have_text(str(figure))
    outcomes = dashboard.chart("Decisions and what became of them").locator("tbody tr td:first-child")
    expect(outcomes.first).to_have_text("undone")


def test_a_filter_leaves_whoever_is_new_since_the_last_decision(
    warehouse: Filled, dashboard: Dashboard
) -> None:
    people = f"select count(*) from {MARTS}.access_review where "
    unchanged = one(warehouse, f"{people} last_decision is not null and not changed_since_decision")
    assert 0 < unchanged < PEOPLE
    dashboard.reload()
    dashboard.choose("decision", "Unchanged")
    dashboard.expect_number("People", unchanged)
    dashboard.reload()


def test_filters_narrow_the_people_and_not_the_evidence(warehouse: Filled, dashboard: Dashboard) -> None:
    where = "where department = 'Department 5'"
    people = f"select count(*) from {MARTS}.access_review {where}"
    grants = (
        f"select count(*) from {MARTS}.identity_entitlements "
        f"join {MARTS}.access_review using (account, identity_key) {where}"
    )
    assert 0 < one(warehouse, people) < PEOPLE
    dashboard.choose("department", "Department 5")
    dashboard.expect_number("People", one(warehouse, people))
    dashboard.expect_rows("Access review: worst first", one(warehouse, people))
    dashboard.expect_rows("Who holds what", one(warehouse, grants))
    dashboard.expect_number("Streams not proven", 1)
    unmanaged = one(warehouse, f"{people} and is_unmanaged")
    assert 0 < unmanaged < one(warehouse, people)
    dashboard.choose("flag", "Bypasses SSO")
    dashboard.expect_number("People", unmanaged)
    dashboard.expect_rows("Access review: worst first", unmanaged)


def test_a_filter_shows_who_is_left_out_of_the_list(warehouse: Filled, dashboard: Dashboard) -> None:
    left_out = one(
        warehouse, f"select count(*) from {MARTS}.access_review where risk_score > 0 and not needs_decision"
    )
    dashboard.reload()
    dashboard.choose("list", "Left out")
    dashboard.expect_number("People", left_out)
    dashboard.expect_rows("Access review: worst first", left_out)
    assert 0 < left_out < PEOPLE


def test_the_dashboard_shows_later_loads_after_a_reload(
    warehouse: Filled, dashboard: Dashboard, superset: Served
) -> None:
    warehouse.execute(f"delete from {MARTS}.access_review where email = 'person.7@acme.example'")
    if isinstance(warehouse, DuckDBFile):
        publish(Path(warehouse.location), Home(superset.home).published)
    dashboard.reload()
    dashboard.expect_number("People", PEOPLE - 1)


def test_the_second_tab_lists_whom_sql_finds_on_the_other_side(
    warehouse: Filled, dashboard: Dashboard
) -> None:
    dashboard.open_the_other_side()
    for name, rows in OTHER_SIDE.items():
        found = one(warehouse, f"select count(*) from {MARTS}.{rows}")
        assert found > 0
        dashboard.expect_rows(name, found)
    sources = dashboard.chart("Evidence: what was loaded of each source").locator("tbody tr")
    expect(sources).to_have_count(one(warehouse, f"select count(*) from {MARTS}.idp_load_quality"))
    expect(sources.filter(has_text="users")).to_contain_text("receipt")
    missing = dashboard.chart("Assigned there, and missing here")
    expect(missing).to_contain_text("missing.one@acme.example")
    leaves = dashboard.chart("How long access lasted after the leave").locator("th")
    for bound in ("Hours at least", "Hours at most"):
        expect(leaves.filter(has_text=bound)).to_have_count(1)


def test_superset_exports_what_the_bundle_says(superset: Served, tmp_path: Path) -> None:
    archive = tmp_path / "exported.zip"
    command(superset, "export-dashboards", "--dashboard-file", str(archive))
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    [exported] = [path for path in tmp_path.iterdir() if path.is_dir()]
    bundle = assets(ASSETS)
    assert assets(exported).keys() == bundle.keys()
    for asset, said in assets(exported).items():
        assert said == bundle[asset]


def assets(folder: Path) -> dict[str, Any]:
    """By their ids, without what differs from one Superset to the next."""
    found = {}
    for path in folder.rglob("*.yaml"):
        asset = yaml.safe_load(path.read_text())
        if path.name != "metadata.yaml":
            found[asset["uuid"]] = _lasting(asset)
    return found


# Ids of rows, where the database is, what an import takes and an export leaves out or adds, and the colours
# that a browser stores once it has shown the dashboard.
_PASSING = {"chartId", "excluded", "sqlalchemy_uri", "source_db_engine", "theme_uuid"}
_PASSING |= {"color_scheme_domain", "map_label_colors", "shared_label_colors"}


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(item) for key, item in value.items() if key not in _PASSING}
    if isinstance(value, list):
        items = [_lasting(item) for item in value]
        # Columns and metrics come in any order.
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value
