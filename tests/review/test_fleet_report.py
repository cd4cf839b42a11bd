"""Many accounts in one warehouse: a page for each of them, and an overview without people."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from freshsales_review.cli import main
from freshsales_review.report.fleet import AccountRow, Overview, Stream, overview, render
from freshsales_review.warehouse import open_warehouse
from tests.review.test_report import payload
from tools import marts
from tools.warehouses import Filled

ONE, OTHER, FAILING = "one.myfreshworks.com", "other.myfreshworks.com", "failing.freshsales.io"
OFTEN_NAMED = "Person 1 Ünal"
NOW = datetime(2026, 11, 3, 6, tzinfo=UTC)


def run(command: str, *options: str) -> Result:
    return CliRunner().invoke(main, [command, *options])


@pytest.fixture
def fleet(warehouse: Filled) -> Filled:
    warehouse.execute(*marts.create())
    for account, people in ((ONE, 3), (OTHER, 5)):
        warehouse.execute(*marts.company(people, account=account), *marts.providers(account=account))
    # Names and ids of the second account differ, so that one of them on the wrong page is seen.
    for table, column in (("identities", "display_name"), ("access_review", "display_name")):
        warehouse.execute(
            f"update freshsales_identity.{table} set {column} = replace({column}, 'Person', 'Somebody') "
            f"where account = '{OTHER}'"
        )
    return warehouse


def test_a_page_of_one_account_holds_nothing_of_another(fleet: Filled, tmp_path: Path) -> None:
    page = tmp_path / "one.html"
    done = run("report", "--warehouse", fleet.location, "--output", str(page), "--account", ONE)
    assert done.exit_code == 0, done.output
    document = payload(page.read_text())
    words = {str(word) for column in document["dictionaries"].values() for word in column}
    assert OFTEN_NAMED in words
    assert not {word for word in words if "Somebody" in word or OTHER in word}
    assert document["tables"]["people"]["rows"] == 3
    assert "<title>Access review · one.myfreshworks.com</title>" in page.read_text()


def test_every_account_gets_a_page_of_its_own(fleet: Filled, tmp_path: Path) -> None:
    done = run("report", "--warehouse", fleet.location, "--all", str(tmp_path / "pages"))
    assert done.exit_code == 0, done.output
    pages = {path.name: payload(path.read_text()) for path in (tmp_path / "pages").iterdir()}
    people = {name: document["tables"]["people"]["rows"] for name, document in pages.items()}
    assert people == {f"{ONE}.html": 3, f"{OTHER}.html": 5}


def test_a_page_counts_as_the_page_of_all_accounts_does(fleet: Filled, tmp_path: Path) -> None:
    run("report", "--warehouse", fleet.location, "--output", str(tmp_path / "all.html"))
    run("report", "--warehouse", fleet.location, "--all", str(tmp_path / "pages"))
    whole = payload((tmp_path / "all.html").read_text())["tables"]
    parts = [payload(path.read_text())["tables"] for path in (tmp_path / "pages").iterdir()]
    for panel in ("evidence", "people", "entitlements", "events", "sources", "differences", "leaves"):
        assert whole[panel]["rows"] == sum(part[panel]["rows"] for part in parts), panel


def test_an_account_that_is_not_there_is_named_with_those_that_are(fleet: Filled, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run("report", "--warehouse", fleet.location, "--output", str(page), "--account", "nobody.example")
    assert done.exit_code == 1
    assert f"There is no account nobody.example in the marts. They hold: {ONE}, {OTHER}." in done.output
    assert not page.exists()


def test_a_title_does_not_hold_three_hundred_names(warehouse: Filled, tmp_path: Path) -> None:
    reads = (marts.quality("owners", account=f"account-{number}.myfreshworks.com") for number in range(300))
    warehouse.execute(*marts.create(), *reads)
    page = tmp_path / "page.html"
    assert run("report", "--warehouse", warehouse.location, "--output", str(page)).exit_code == 0
    assert "<title>Access review · 300 accounts</title>" in page.read_text()


def test_the_overview_names_accounts_and_no_person(fleet: Filled, tmp_path: Path) -> None:
    fleet.execute(
        marts.quality("owners", account=FAILING, reason="failed: quota"),
        marts.quality("teams", account=FAILING, reason="absent", was_whole=False),
    )
    pages, page = tmp_path / "pages", tmp_path / "fleet.html"
    run("report", "--warehouse", fleet.location, "--all", str(pages))
    options = ["--warehouse", fleet.location, "--output", str(page), "--pages", str(pages)]
    done = run("fleet-report", *options)
    assert done.exit_code == 0, done.output
    assert "3 accounts, 1 of them failing" in done.output
    text = page.read_text()
    assert [text.index(account) for account in (FAILING, ONE, OTHER)] == sorted(
        text.index(account) for account in (FAILING, ONE, OTHER)
    ), "those that fail come first"
    assert "failed: quota: owners" in text
    assert "teams" not in text, "an account need not have teams"
    assert f'href="pages/{ONE}.html"' in text
    names = fleet.fetch("select display_name, email from freshsales_identity.identities")
    assert not [name for row in names for name in row if name in text]


def test_a_flag_that_is_known_of_nobody_is_not_counted_as_none(fleet: Filled) -> None:
    with open_warehouse(fleet.location) as opened:
        rows = overview(opened, "freshsales_identity").accounts
    for row in rows:
        assert row.raised["has_no_group"] is None
        # In the invented company of three, nobody has this one.
        assert row.raised.get("is_orphaned_owner", 0) is not None


@pytest.mark.parametrize("reason", ["absent", "unreadable", "unreadable: 403"])
@pytest.mark.parametrize("stream", marts.STREAMS)
@pytest.mark.parametrize(
    ("was_whole", "required", "fails"),
    [
        (False, None, False),
        (False, [], False),
        (False, ["the stream"], True),
        (True, None, True),
        (True, [], True),
        (True, ["another"], False),
        (True, ["the stream"], True),
    ],
    ids=str,
)
def test_a_list_that_an_account_does_not_give_fails_where_it_is_due(
    reason: str, stream: str, *, was_whole: bool, required: list[str] | None, fails: bool
) -> None:
    """It is due where it is required, and where nothing says what is, if it was given before."""
    read = Stream(stream, NOW, NOW, False, False, reason, NOW if was_whole else None, NOW)
    named = frozenset(stream if name == "the stream" else name for name in required or ())
    assert read.counts(named) is fails


def inventory(tmp_path: Path, *hosts: str, since: str = "2026-11-03T05:00:00Z", required: str = "") -> str:
    accounts = [{"host": host, "required_streams": required.split()} for host in hosts]
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps({"since": since, "accounts": accounts}))
    return str(path)


def told(fleet: Filled, tmp_path: Path, inventory: str) -> str:
    """The overview as text, without its marks."""
    page = tmp_path / "fleet.html"
    done = run(
        *("fleet-report", "--warehouse", fleet.location, "--output", str(page), "--inventory", inventory)
    )
    assert done.exit_code == 0, done.output
    return re.sub(r"<[^>]+>", " ", page.read_text().partition("<body>")[2])


@pytest.mark.parametrize("required", ["", "owners scim_users"])
def test_an_account_that_was_never_read_is_named_in_the_overview(
    required: str, fleet: Filled, tmp_path: Path
) -> None:
    text = told(fleet, tmp_path, inventory(tmp_path, ONE, OTHER, FAILING, required=required))
    assert "3 accounts, 2 of them read to the end, 1 failing." in text
    of_account = text[text.index(FAILING) : text.index(ONE)]
    assert not re.search(r"\b0\b", of_account.replace("05:00", "")), "nothing is known of its people"


@pytest.mark.parametrize(
    ("whole_at", "to_decide", "shown"), [(None, 0, ""), (None, 2, "2"), (NOW, 0, "0"), (NOW, 2, "2")]
)
def test_before_a_whole_read_nobody_to_decide_is_not_said(
    whole_at: datetime | None, to_decide: int, shown: str
) -> None:
    row = AccountRow("a.example", whole_at=whole_at, people=3, to_decide=to_decide)
    assert f'data-label="To decide">{shown}</td>' in render(Overview([row], {}, NOW), {})


def test_a_read_from_before_this_run_does_not_count_in_the_overview(fleet: Filled, tmp_path: Path) -> None:
    text = told(fleet, tmp_path, inventory(tmp_path, ONE, OTHER, since="2026-11-03T05:59:01Z"))
    assert "2 accounts, 0 of them read to the end, 2 failing." in text
    assert f"not read in this run: {', '.join(marts.STREAMS)}" in text


def test_a_required_list_that_was_never_read_is_named(fleet: Filled, tmp_path: Path) -> None:
    text = told(fleet, tmp_path, inventory(tmp_path, ONE, OTHER, required="owners owned_records"))
    assert text.count("required, and never read: owned_records") == 2


def test_an_account_outside_the_inventory_counts_for_nothing(fleet: Filled, tmp_path: Path) -> None:
    text = told(fleet, tmp_path, inventory(tmp_path, ONE))
    assert "1 accounts, 1 of them read to the end, 0 failing. 1 more are in the warehouse" in text
    assert text.index(ONE) < text.index(OTHER) < text.index("not in the inventory", text.index(OTHER))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"since": "soon", "accounts": []}'])
def test_a_file_that_is_no_inventory_is_refused(text: str, fleet: Filled, tmp_path: Path) -> None:
    (tmp_path / "inventory.json").write_text(text)
    options = ["--warehouse", fleet.location, "--output", str(tmp_path / "fleet.html")]
    done = run("fleet-report", *options, "--inventory", str(tmp_path / "inventory.json"))
    assert done.exit_code == 1
    assert "is no inventory of a run" in " ".join(done.output.split())


@pytest.mark.parametrize("account", ["../escape", "/etc/passwd", "..", 'a"><script>', "ünï.example"])
def test_no_name_of_an_account_leads_out_of_the_folder(
    account: str, warehouse: Filled, tmp_path: Path
) -> None:
    warehouse.execute(*marts.create(), marts.quality("owners", account=account))
    pages = tmp_path / "pages"
    assert run("report", "--warehouse", warehouse.location, "--all", str(pages)).exit_code == 0
    [written] = pages.iterdir()
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".html") == []
    output = ["--warehouse", warehouse.location, "--output", str(tmp_path / "fleet.html")]
    assert run("fleet-report", *output, "--pages", str(pages)).exit_code == 0
    assert "<script>" not in (tmp_path / "fleet.html").read_text()
    assert written.name.endswith(".html")
