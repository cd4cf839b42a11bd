import csv
import io
import re
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from freshsales_review.report import queries
from tests.browser.conftest import Open
from tools import marts
from tools.warehouses import DuckDBFile

MARTS = "freshsales_identity"
FLAGS = ", ".join(f"review.{flag}" for flag, *_ in marts.FLAGS)
# Without the columns that stand in for names.
PEOPLE = f"select * exclude (reasons_without_names) from ({queries.PEOPLE.format(marts=MARTS, flags=FLAGS)})"


def people_where(warehouse: DuckDBFile, condition: str) -> int:
    [(people,)] = warehouse.fetch(f"select count(*) from ({PEOPLE}) as people where {condition}")
    return int(people)


def holds(resource: str) -> str:
    return (
        f"identity_key in (select identity_key from {MARTS}.identity_entitlements "
        f"where resource_name = '{resource}')"
    )


def shown(page: Page) -> int:
    words = page.locator("#shown").inner_text()
    return int(words.split()[0].replace(",", ""))


def choose(page: Page, label: str, option: str) -> None:
    """Choose by the words of the option; behind them stands how many it holds."""
    select = page.get_by_label(label, exact=True)
    texts = select.locator("option").all_text_contents()
    select.select_option(label=next(text for text in texts if re.fullmatch(rf"{option} \(\d+\)", text)))


def as_csv(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def exported(page: Page, button: str = "Export CSV for sign-off") -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("label", "option", "condition"),
    [
        ("Status", "Deactivated", "status = 'deactivated'"),
        ("Flag", "Orphaned owner", "is_orphaned_owner"),
        ("Flag", "Left, still in", "has_left_still_active"),
        ("Flag", "Push failed", "deprovisioning_failed"),
        ("Role", "Role 3", holds("Role 3")),
        ("Group", "Group 8", holds("Group 8")),
        ("Department", "Department 5", "department = 'Department 5'"),
        ("Department", r"\(none\)", "department is null"),
        ("Manager", "Person 12 Ünal", "manager = 'Person 12 Ünal'"),
        (
            "Decision",
            "New since the last decision",
            "last_decision is null or changed_since_decision",
        ),
        ("Decision", "Unchanged since the last decision", "not changed_since_decision"),
    ],
)
def test_a_filter_leaves_as_many_people_as_sql_counts(
    company: DuckDBFile, review: Open, label: str, option: str, condition: str
) -> None:
    page = review(company)
    choose(page, label, option)
    assert shown(page) == people_where(company, condition) > 0
    assert label.lower() in page.locator("#shown").inner_text(), "also paper tells of the filter"


def test_filters_and_search_together_leave_what_sql_leaves(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    choose(page, "Status", "Active")
    choose(page, "Role", "Role 3")
    page.get_by_label("Search").fill("unal department 1")
    expect(page.locator("#shown")).to_contain_text(" of 250 people shown")
    known = (
        "concat_ws(' ', name, email, user_name, crm_owner_id, scim_user_id, identity_key, reasons, "
        "department, title, manager)"
    )
    words = " and ".join(f"{known} ilike '%{word}%'" for word in ("ünal", "department", "1"))
    wanted = f"status = 'active' and {holds('Role 3')} and {words}"
    assert shown(page) == people_where(company, wanted) > 0
    page.get_by_role("button", name="Clear filters").click()
    assert shown(page) == 250


def test_the_table_starts_with_the_worst_and_says_why(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    rows = company.fetch(f"select risk_score, name, reasons from ({PEOPLE}) as people limit 25")
    table = page.get_by_role("table", name="People, worst first")
    scores = table.locator("tbody td:first-child").all_inner_texts()
    assert scores == [str(score) for score, _, _ in rows]
    assert table.locator("tbody button").all_inner_texts() == [name for _, name, _ in rows]
    assert table.locator("tbody td:nth-child(4)").first.inner_text().split("\n") == rows[0][2].split("\n")


def test_the_exported_rows_are_those_of_sql_in_their_order(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    choose(page, "Status", "Unmanaged")
    held = f"""
        select account, identity_key, string_agg(resource_type || ': ' || resource_name, '; ' order by
            resource_type, resource_name, is_direct desc, granted_via) as entitlements
        from {MARTS}.identity_entitlements group by account, identity_key
    """
    wanted = company.fetch(
        f"select people.*, held.entitlements from ({PEOPLE}) as people left join ({held}) as held "
        "on held.account = people.account and held.identity_key = people.identity_key "
        "where status = 'unmanaged' order by risk_score desc, lower(name), people.identity_key"
    )
    rows = exported(page)
    # Of people whom SCIM does not have, the list of owners tells.
    read = rests_on(company, "owners")
    assert [tuple(row.values()) for row in rows] == [
        (*map(as_csv, row), "", *read, "", "", "", "") for row in wanted
    ]
    assert len(rows) > 0
    assert list(rows[0])[-4:] == ["decision", "reviewer", "note", "decided_at"]


def test_the_page_lists_who_needs_a_decision_and_says_who_is_left_out(
    company: DuckDBFile, review: Open
) -> None:
    page = review(company, everybody=False)
    listed = people_where(company, "needs_decision")
    left_out = people_where(company, "risk_score > 0 and not needs_decision")
    assert 0 < left_out < listed < 250
    assert shown(page) == listed
    assert len(exported(page)) == listed
    words = page.locator("#left-out")
    expect(words).to_contain_text(f"{listed} people need a decision. {left_out} more are left out, because")
    without_manager = people_where(company, "has_no_manager and not needs_decision")
    expect(words).to_contain_text(f"No manager ({without_manager})")
    expect(page.locator("#shown")).to_contain_text("by list Needs a decision")


def test_who_is_left_out_of_the_list_is_shown_and_exported_on_demand(
    company: DuckDBFile, review: Open
) -> None:
    page = review(company, everybody=False)
    page.get_by_role("button", name="Show who is left out").click()
    keys = company.fetch(
        f"select identity_key from ({PEOPLE}) as people where risk_score > 0 and not needs_decision"
    )
    assert [(row["identity_key"],) for row in exported(page)] == keys
    assert {row["needs_decision"] for row in exported(page)} == {"false"}
    page.get_by_role("button", name="Show everybody").click()
    assert shown(page) == 250


def test_a_bar_shows_those_it_counts_on_the_list_or_not(company: DuckDBFile, review: Open) -> None:
    page = review(company, everybody=False)
    figure = page.locator("#chart-flag")
    figure.get_by_text("As a table").click()
    figure.get_by_role("button", name="No manager").click()
    assert shown(page) == people_where(company, "has_no_manager")
    assert shown(page) > people_where(company, "has_no_manager and needs_decision")


def test_a_reason_shows_its_evidence_in_the_table_and_beside_the_person(
    company: DuckDBFile, review: Open
) -> None:
    page = review(company, everybody=False)
    [(name, reasons)] = company.fetch(f"select name, reasons from ({PEOPLE}) as people limit 1")
    assert f"({name}; " in reasons
    page.get_by_role("button", name=name, exact=True).click()
    lines = page.get_by_role("dialog", name=name).locator(".reasons li").all_inner_texts()
    assert lines == reasons.split("\n")


def test_a_row_a_grant_is_exported_with_the_read_it_rests_on(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    choose(page, "Status", "Unmanaged")
    rows = exported(page, "Export what they hold")
    streams = {"crm_role": "owners", "scim_group": "scim_group_members"}
    wanted = company.fetch(
        f"select held.identity_key, held.grant_key, held.resource_type "
        f"from {MARTS}.identity_entitlements as held "
        f"join {MARTS}.access_review as review on review.identity_key = held.identity_key "
        "where review.status = 'unmanaged'"
    )
    found = [
        (row["identity_key"], row["grant_key"], row["sync_id"], row["population_sha256"]) for row in rows
    ]
    assert sorted(found) == sorted(
        (person, grant, *rests_on(company, streams.get(kind, "scim_users"))) for person, grant, kind in wanted
    )
    assert len(found) > 0


def rests_on(company: DuckDBFile, stream: str) -> tuple[str, str]:
    [read] = company.fetch(
        f"select sync_id, population_sha256 from {MARTS}.data_quality "
        f"where stream = '{stream}' and sync_id = last_complete_sync_id "
        "order by sync_id desc limit 1"
    )
    return read


def test_a_bar_filters_the_table_and_so_does_its_row_in_the_table_beneath(
    company: DuckDBFile, review: Open
) -> None:
    page = review(company)
    page.locator("#chart-flag .mark-rect path").nth(2).click()
    assert shown(page) == people_where(company, "is_unmanaged")
    page.get_by_role("button", name="Clear filters").click()
    figure = page.locator("#chart-department")
    figure.get_by_text("As a table").click()
    figure.get_by_role("button", name="Department 16").click()
    assert shown(page) == people_where(company, "department = 'Department 16'")


def test_the_numbers_at_the_top_are_those_of_sql(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    [counts] = company.fetch(queries.COUNTS.format(marts=MARTS))
    assert page.locator("#counts b").all_inner_texts() == [str(number) for number in counts]
    flags = company.fetch(queries.FLAG_COUNTS.format(marts=MARTS))
    page.locator("#chart-flag").get_by_text("As a table").click()
    texts = page.locator("#chart-flag tbody td:last-child").all_inner_texts()
    assert texts == ["unknown" if people is None else str(people) for _, _, people in flags]
    assert "unknown" in texts


def test_a_person_opens_by_keyboard_and_shows_every_entitlement(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    [(name, key, owner, user)] = company.fetch(
        f"select name, identity_key, crm_owner_id, scim_user_id from ({PEOPLE}) as people "
        "where match_method is not null limit 1"
    )
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name=name)
    expect(panel).to_contain_text(owner)
    expect(panel).to_contain_text(user)
    expect(panel).to_contain_text("primary email, confidence high")
    expect(panel.locator("dt", has_text="Last sign-in").locator("+ dd")).to_have_text("2026-10-30 08:00 UTC")
    held = company.fetch(
        "select resource_name, entitlement, granted_via from freshsales_identity.identity_entitlements "
        f"where identity_key = '{key}' order by resource_type, resource_name, is_direct desc, granted_via"
    )
    cells = [
        row.locator("td").all_inner_texts() for row in panel.locator("table").first.locator("tbody tr").all()
    ]
    assert [tuple(row[1:]) for row in cells] == held
    assert len(held) == 4
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()


def test_a_person_shows_the_history_of_changes(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(*marts.company(5))
    page = review(own_warehouse)
    [(name, changes)] = own_warehouse.fetch(
        f"select name, count(*) from ({queries.EVENTS.format(marts=MARTS)}) as events group by name limit 1"
    )
    page.get_by_label("Search").fill(name)
    page.locator("#people").get_by_role("button", name=name, exact=True).click()
    history = page.get_by_role("dialog").locator("table").last.locator("tbody tr")
    expect(history).to_have_count(changes)


@pytest.mark.parametrize(
    ("contacts", "deals", "accounts", "unknown", "said"),
    [
        ("0", "41", "0", "null", "41 deals"),
        ("1", "41", "2", "null", "1 contact, 41 deals, 2 accounts"),
        ("0", "0", "0", "null", "0 contacts, 0 deals, 0 accounts"),
        ("null", "41", "0", "'contacts: no such search'", "41 deals; not known: contacts: no such search"),
        ("null", "null", "null", "'deals: why'", "not known: deals: why"),
        ("null", "null", "null", "null", None),
    ],
)
def test_a_person_shows_what_they_still_own_or_why_that_is_not_known(
    contacts: str,
    deals: str,
    accounts: str,
    unknown: str,
    said: str | None,
    own_warehouse: DuckDBFile,
    review: Open,
) -> None:
    own_warehouse.execute(
        *marts.company(5),
        f"update {MARTS}.access_review set contacts_owned = {contacts}, deals_owned = {deals}, "
        f"accounts_owned = {accounts}, records_owned_unknown = {unknown}",
    )
    page = review(own_warehouse)
    page.locator("#people tbody").get_by_role("button").first.click()
    told = page.get_by_role("dialog").locator("dt", has_text="Still owns").locator("+ dd")
    expect(told).to_have_text([] if said is None else [said])


def test_a_person_shows_the_timeline_of_both_sides(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    [(key, name, happened)] = company.fetch(
        "select identity_key, person.display_name, count(*) "
        f"from ({queries.TIMELINE.format(marts=MARTS)}) as told "
        f"join {MARTS}.identities as person using (identity_key) group by all "
        "having count(distinct origin) = 2 order by identity_key limit 1"
    )
    page.get_by_label("Search").fill(key)
    page.locator("#people").get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("dialog").locator("table").last.locator("tbody tr")).to_have_count(happened)
    expect(page.get_by_role("dialog")).to_contain_text("app user id, confidence high")


@pytest.mark.parametrize(
    ("panel", "sql"),
    [
        ("left_still_in", "select count(*) from {0}.idp_reconciliation where category = 'left_still_in'"),
        ("failed_pushes", "select count(*) from {0}.access_review where deprovisioning_failed"),
        ("assigned_missing_here", "select 1"),
        (
            "here_unknown_there",
            "select count(*) from {0}.idp_reconciliation where category = 'here_unknown_there'",
        ),
        ("leaves", "select count(*) from {0}.deprovisioning"),
    ],
)
def test_a_panel_of_the_other_side_lists_whom_sql_finds(
    company: DuckDBFile, review: Open, panel: str, sql: str
) -> None:
    page = review(company)
    [(people,)] = company.fetch(sql.format(MARTS))
    expect(page.locator(f"#{panel}-heading")).to_contain_text(f"({people})")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(f"#{panel} tbody tr")).to_have_count(people)
    assert people > 0


def test_whom_only_the_other_side_knows_is_named_by_login(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    expect(page.locator("#assigned_missing_here tbody")).to_contain_text("missing.one@acme.example")


def test_the_evidence_of_each_list_of_a_source_comes_first(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    rows = page.locator("#providers table").first.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("12 have left")
    expect(rows.nth(1)).to_contain_text("yes, by receipt")
    expect(rows.nth(2)).to_contain_text("no: nobody is missing by it")


def test_a_list_that_is_held_back_says_what_to_do(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(
        *marts.company(3),
        *marts.providers(),
        f"update {MARTS}.idp_load_quality set held_back_load_id = '1764000000.5' where object = 'users'",
    )
    page = review(own_warehouse)
    row = page.locator("#providers table").first.locator("tbody tr").first
    expect(row).to_contain_text("held back: many are missing all of a sudden")
    expect(row).to_contain_text("FRESHSALES_CONFIRMED_SYNC_IDS=1764000000.5")


def test_without_a_source_there_is_no_panel_of_the_other_side(
    own_warehouse: DuckDBFile, review: Open
) -> None:
    own_warehouse.execute(*marts.company(3))
    page = review(own_warehouse)
    expect(page.locator("#providers")).to_be_hidden()
    page.locator("#people tbody button").first.click()
    panel = page.get_by_role("dialog")
    expect(panel.locator("dt", has_text="Last sign-in").locator("+ dd")).to_have_text("not in this API")
    expect(panel).not_to_contain_text("Left, still in")


@pytest.mark.parametrize(("since", "up_to"), [(0, 1), (1, 2), (0, 2), (None, 2)])
def test_what_changed_between_any_two_complete_reads_is_what_sql_says(
    company: DuckDBFile, review: Open, since: int | None, up_to: int
) -> None:
    page = review(company)
    after = "" if since is None else marts.READS[since]
    page.get_by_label("Since").select_option(value=after)
    page.get_by_label("Up to").select_option(value=marts.READS[up_to])
    [(changes,)] = company.fetch(
        f"select count(*) from {MARTS}.identity_changes "
        f"where seen_sync_id > '{after}' and seen_sync_id <= '{marts.READS[up_to]}'"
    )
    expect(page.locator("#changed")).to_have_text(f"{changes} changes")
    assert changes > 0


def test_a_complete_read_has_no_banner_and_its_evidence_in_full(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    expect(page.locator(".banner")).to_have_count(0)
    page.get_by_role("heading", name="Evidence").click()
    page.locator("#evidence tbody tr").first.wait_for(state="visible")
    for row in company.fetch(queries.EVIDENCE.format(marts=MARTS)):
        cells = page.locator("#evidence tr", has=page.get_by_text(str(row[1]), exact=True))
        expect(cells).to_contain_text(str(row[10]))
        expect(cells).to_contain_text("complete")


def test_what_a_stream_map_left_out_is_not_shown_as_lost(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(marts.quality("owners", rows=119, read=120))
    page = review(own_warehouse)
    expect(page.get_by_role("alert")).to_have_count(0)
    [row] = page.locator("#evidence tr").filter(has_text="owners").all()
    expect(row).to_contain_text("119of 120 read")


def test_a_read_that_was_not_complete_cannot_be_missed(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(
        marts.quality("scim_users", reason="failed: 503 on /scim/v2/Users"),
        marts.quality("owners", rows=120, rows_in_warehouse=119),
        marts.quality("territories", rows=0, reason="absent"),
    )
    page = review(own_warehouse)
    alerts = page.get_by_role("alert")
    expect(alerts).to_have_count(2)
    expect(alerts.first).to_contain_text(
        "scim_users of acme.myfreshworks.com: failed: 503 on /scim/v2/Users."
    )
    expect(alerts.first).to_contain_text("Last complete read: 2026-11-01 06:00 UTC.")
    expect(alerts.last).to_contain_text("120 rows were sent, 119 of that run are in the warehouse.")
    expect(page.get_by_role("note")).to_contain_text(
        "territories of acme.myfreshworks.com is not there (absent)"
    )
    expect(page.locator("#evidence tbody")).to_be_visible()


def test_a_side_that_was_never_read_is_named(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(marts.quality("owners"))
    page = review(own_warehouse)
    expect(page.get_by_role("note")).to_contain_text("Nothing of acme.myfreshworks.com was read from SCIM")


def test_a_read_that_is_held_back_says_what_to_do(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(marts.quality("scim_users", rows=2, missing=8), marts.quality("owners"))
    page = review(own_warehouse)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(
        "scim_users of acme.myfreshworks.com is held back: 8 of those who were there"
    )
    expect(alert).to_contain_text("the complete read before had 10")
    expect(alert).to_contain_text(f"FRESHSALES_CONFIRMED_SYNC_IDS={marts.LATEST}")
    expect(page.locator("#evidence tbody")).to_contain_text("complete, but held back")


def test_a_name_that_is_html_stays_text(own_warehouse: DuckDBFile, review: Open) -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    texts = "title = '{0}', user_name = '{0}', manager_name = '{0}', department = '{0}', crm_role = '{0}'"
    own_warehouse.execute(
        *marts.company(1),
        f"update {MARTS}.identities set display_name = '{hostile}', {texts.format(hostile)}",
        f"update {MARTS}.access_review set display_name = '{hostile}', email = '{hostile}', "
        f"reasons = '{hostile}', department = '{hostile}'",
        f"update {MARTS}.identity_entitlements set resource_name = '{hostile}', granted_via = '{hostile}'",
        f"update {MARTS}.identity_changes set new_value = '{hostile}', old_value = '{hostile}'",
        f"update {MARTS}.data_quality set incomplete_reason = '{hostile}', is_complete = false",
    )
    page = review(own_warehouse)
    page.get_by_role("button", name=hostile).first.click()
    panel = page.get_by_role("dialog", name=hostile)
    expect(panel.locator("tbody td", has_text=hostile).first).to_be_visible()
    assert page.locator("img").count() == 0
    assert page.locator("#people tbody td", has_text=hostile).count() == 4


def test_a_cell_that_a_spreadsheet_would_run_is_exported_as_text(
    own_warehouse: DuckDBFile, review: Open
) -> None:
    own_warehouse.execute(
        *marts.company(1),
        f"update {MARTS}.access_review set display_name = '=cmd()', email = '@A1', department = '-1'",
        f"update {MARTS}.identities set user_name = ' +1', manager_name = '＝1', title = 'a \"=1\", b'",
    )
    [row] = exported(review(own_warehouse))
    assert [row[name] for name in ("name", "email", "department", "user_name", "manager", "title")] == [
        "'=cmd()",
        "'@A1",
        "'-1",
        "' +1",
        "'＝1",
        'a "=1", b',
    ]


def test_marts_with_nobody_in_them_make_a_page_that_says_so(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(marts.quality("scim_users", rows=0))
    page = review(own_warehouse)
    expect(page.get_by_text("The marts hold nobody yet.")).to_be_visible()


def test_without_names_people_are_told_apart_by_their_keys(company: DuckDBFile, review: Open) -> None:
    page = review(company, "--without-names", everybody=False)
    [(key,)] = company.fetch(f"select identity_key from ({PEOPLE}) as people limit 1")
    page.get_by_role("button", name=key).first.click()
    expect(page.get_by_role("dialog", name=key)).to_be_visible()
    assert "Ünal" not in page.content()
    assert "@acme.example" not in page.content()
    expect(page.get_by_role("dialog", name=key)).to_contain_text(f"({key}; read)")


def test_paper_holds_every_person_that_is_shown(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    rows = page.locator("#people tbody tr")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(rows).to_have_count(250)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(rows).to_have_count(25)


def test_a_campaign_shows_how_far_it_is_and_what_became_of_it(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    card = page.locator(".campaign")
    [campaign] = company.fetch(
        f"select people_decided, grants_decided, carried_out, overdue, undone from {MARTS}.review_campaigns"
    )
    people, grants, *outcomes = campaign
    expect(card).to_contain_text(f"{people} of 100 people decided")
    expect(card).to_contain_text(f"{grants} of 400 grants decided")
    expect(card.get_by_label("people decided in 2026-Q4")).to_have_attribute("value", str(people))
    for name, number in zip(("carried_out", "overdue", "undone"), outcomes, strict=True):
        expect(card.locator(f"[data-outcome={name}]")).to_have_text(str(number))
        assert number > 0
    expect(card).to_contain_text("Not everything in scope is decided.")


def test_overdue_and_undone_decisions_lead_to_the_person(company: DuckDBFile, review: Open) -> None:
    page = review(company)
    rows = page.locator("#campaign-late tbody tr")
    [(late,)] = company.fetch(
        f"select count(*) from {MARTS}.review_outcomes where outcome in ('overdue', 'undone')"
    )
    expect(rows).to_have_count(late)
    expect(rows.first).to_contain_text("undone, seen 2026-11-03 06:00 UTC")
    name = rows.first.locator("button").inner_text()
    rows.first.locator("button").click()
    expect(page.get_by_role("dialog", name=name)).to_contain_text("by head@audit.example, 2026-Q4")


def test_without_a_campaign_nothing_of_decisions_is_shown(own_warehouse: DuckDBFile, review: Open) -> None:
    own_warehouse.execute(*marts.company(5))
    page = review(own_warehouse)
    expect(page.locator("#campaigns")).to_be_hidden()
    expect(page.get_by_label("Decision", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_for_keyboard_or_screen_reader(
    company: DuckDBFile, review: Open, scheme: Literal["light", "dark"]
) -> None:
    page = review(company)
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("heading", name="Evidence").click()
    assert Axe().run(page).response["violations"] == []
    page.locator("#people tbody button").first.click()
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_fits_its_window(
    company: DuckDBFile, review: Open, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = review(company)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#people tbody td").first.is_visible()
