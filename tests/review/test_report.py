import base64
import gzip
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from freshsales_review.cli import main
from freshsales_review.report import queries
from freshsales_review.report.data import read
from freshsales_review.warehouse import open_warehouse
from tools import marts
from tools.warehouses import DuckDBFile, Filled, PostgreSQLDatabase


def run(location: str, output: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["report", "--warehouse", location, "--output", str(output), *options])


def payload(page: str) -> dict[str, Any]:
    packed = re.search(r'id="payload">([^<]*)<', page)
    assert packed is not None
    document: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return document


@pytest.fixture
def filled(warehouse: Filled) -> Filled:
    warehouse.execute(*marts.create(), *marts.company(30), *marts.providers(), *marts.reviewed())
    return warehouse


def test_both_warehouses_give_the_same_rows_in_every_panel(tmp_path: Path, postgresql: str) -> None:
    reports = []
    for warehouse in (DuckDBFile(tmp_path / "warehouse.duckdb"), PostgreSQLDatabase(postgresql)):
        warehouse.execute(*marts.create(), *marts.company(100), *marts.providers(), *marts.reviewed())
        with open_warehouse(warehouse.location) as opened:
            reports.append(read(opened, "freshsales_identity", names=True))
    one, other = reports
    assert one.panels.keys() == queries.PANELS.keys()
    for name, panel in one.panels.items():
        assert panel.columns == other.panels[name].columns
        assert sorted(map(repr, panel.rows)) == sorted(map(repr, other.panels[name].rows)), name
        assert panel.rows, name


def test_the_page_carries_every_cell_of_every_panel(filled: Filled, tmp_path: Path) -> None:
    run(filled.location, tmp_path / "page.html")
    document = payload((tmp_path / "page.html").read_text())
    with open_warehouse(filled.location) as opened:
        panels = read(opened, "freshsales_identity", names=True).panels
    for name, panel in panels.items():
        columns = document["tables"][name]["columns"]
        words = document["dictionaries"]
        unpacked = [[words[column][place] for place in places] for column, places in columns.items()]
        assert list(zip(*unpacked, strict=True)) == panel.rows


def test_only_the_owner_may_read_the_page(filled: Filled, tmp_path: Path) -> None:
    page = tmp_path / "output" / "page.html"
    before = os.umask(0)
    try:
        assert run(filled.location, page).exit_code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]


def test_nothing_but_what_is_written_into_the_page_may_run(filled: Filled, tmp_path: Path) -> None:
    run(filled.location, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]


def test_a_page_of_few_people_is_small_enough_for_a_fleet(warehouse: Filled, tmp_path: Path) -> None:
    warehouse.execute(*marts.create(), *marts.company(40), *marts.providers())
    run(warehouse.location, tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 800_000


def test_the_footer_names_libraries_and_their_licences(filled: Filled, tmp_path: Path) -> None:
    run(filled.location, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    footer = page[page.index("<footer>") :]
    assert re.search(r"DataTables 2\.\d.* jQuery .*MIT.* from itables 2\.\d", footer)
    assert re.search(r"Vega 6\.\d.*BSD 3-Clause.* from vl-convert 1\.\d", footer)


@pytest.mark.parametrize("event_type", ["manager_changed", "repaired"])
def test_names_and_emails_can_be_left_out(event_type: str, filled: Filled, tmp_path: Path) -> None:
    filled.execute(
        f"update freshsales_identity.identity_changes set event_type = '{event_type}', "
        "old_value = 'Old Ünal' where event_type = 'role_changed'"
    )
    run(filled.location, tmp_path / "with.html")
    run(filled.location, tmp_path / "without.html", "--without-names")
    with_names = json.dumps(payload((tmp_path / "with.html").read_text()), ensure_ascii=False)
    without = json.dumps(payload((tmp_path / "without.html").read_text()), ensure_ascii=False)
    for personal in ("Ünal", "@acme.example"):
        assert personal in with_names
        assert personal not in without
    assert "Role 1" in without


def test_without_a_source_the_page_holds_nothing_of_providers(warehouse: Filled) -> None:
    warehouse.execute(*marts.create(), *marts.company(5))
    with open_warehouse(warehouse.location) as opened:
        report = read(opened, "freshsales_identity", names=True)
    shown = {flag["column"] for flag in report.as_document()["flags"]}
    resting = {"has_left_still_active", "deprovisioning_failed", "is_unknown_to_idp", "is_dormant"}
    assert shown == {flag for flag, *_ in marts.FLAGS} - resting
    assert [name for name in ("sources", "differences", "leaves") if report.panels[name].rows] == []


def test_marts_of_one_side_alone_make_a_page(filled: Filled, tmp_path: Path) -> None:
    filled.execute(
        "update freshsales_identity.identities set scim_user_id = null, scim_status = null, "
        "user_name = null, match_method = null, match_confidence = null, department = null",
        "update freshsales_identity.access_review set is_orphaned_owner = null, is_unmanaged = null, "
        "has_no_manager = null, manager_is_gone = null, department = null, email = null, display_name = null",
    )
    assert run(filled.location, tmp_path / "page.html").exit_code == 0
    with open_warehouse(filled.location) as opened:
        flags = read(opened, "freshsales_identity", names=True).panels["flag_counts"]
    assert {flag: people for _, flag, people in flags.rows}["is_unmanaged"] is None


def assert_one_sentence(result: Result, words: str) -> None:
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert len(result.output.strip().splitlines()) == 1
    assert words in result.output


def test_marts_that_no_read_is_behind_are_told_in_a_sentence(warehouse: Filled, tmp_path: Path) -> None:
    warehouse.execute(*marts.create())
    result = run(warehouse.location, tmp_path / "page.html")
    assert result.exit_code == 1
    assert "data_quality in schema freshsales_identity is empty" in result.output
    assert not (tmp_path / "page.html").exists()


def test_a_warehouse_with_no_marts_is_told_in_a_sentence(warehouse: Filled, tmp_path: Path) -> None:
    result = run(warehouse.location, tmp_path / "page.html")
    assert_one_sentence(result, "run `meltano run identity` first")
    assert not (tmp_path / "page.html").exists()


def test_another_schema_of_marts_is_read_where_it_is_named(warehouse: Filled, tmp_path: Path) -> None:
    warehouse.execute(*marts.create("other"), *marts.company(3, "other"))
    assert run(warehouse.location, tmp_path / "page.html", "--marts-schema", "other").exit_code == 0


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_one_sentence(run(filled.location, tmp_path / "file" / "page.html"), "cannot be written")


def test_what_is_no_file_is_not_replaced_by_the_page(filled: Filled, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert_one_sentence(run(filled.location, tmp_path / "pipe"), "is no regular file")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("mart", queries.MARTS)
def test_the_marts_of_these_tests_have_the_columns_of_the_real_ones(mart: str, tmp_path: Path) -> None:
    models = Path(__file__).parents[2] / "transform/models"
    [described] = [path.read_text() for path in models.rglob(f"marts/{mart}.yml")]
    columns = re.findall(r"^      - name: (\w+)$", described, flags=re.MULTILINE)
    warehouse = DuckDBFile(tmp_path / "warehouse.duckdb")
    warehouse.execute(*marts.create())
    made = warehouse.fetch(f"select column_name from (describe freshsales_identity.{mart})")
    assert sorted(name for (name,) in made) == sorted(columns)
