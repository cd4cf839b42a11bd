"""The DAG, run by `dag.test()`: three accounts, of which two cannot be read, on each warehouse."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fleet.played import CREDENTIAL, GOOD, QUOTA, played
from freshsales_review.report import queries
from tests.fleet.airflow.conftest import Place, database, fleet, run_dag

KINDS = {"acorn": GOOD, "birch": CREDENTIAL, "cedar": QUOTA}
NEXT = ("marts", "reports")
Ended = tuple[Place, Mapping[str, Any]]


@pytest.fixture(scope="module", params=["postgresql", "duckdb"])
def ended(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    migrated: Any,
    postgresql: str,
) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp(request.param)
    with database(postgresql, f"three_{request.param}") as url, played(KINDS) as accounts:
        place_url = url if request.param == "postgresql" else None
        with fleet(folder, migrated, accounts, place_url) as place:
            yield place, run_dag(place)


def test_nothing_runs_where_the_inventory_cannot_be_used(tmp_path: Path, migrated: Path) -> None:
    with fleet(tmp_path, migrated, [], None) as place:
        (tmp_path / "accounts.yml").write_text("accounts: [account: a.example]")
        found = states(run_dag(place))
    assert found.pop("inventory") == "failed"
    assert found.pop("verdict") == "failed"
    assert set(found.values()) <= {"upstream_failed", "skipped"}


def states(result: Mapping[str, Any]) -> dict[str, str]:
    return {task["task"]: task["state"] for task in result["tasks"] if task["index"] == -1}


def reads(result: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    return {
        task["name"]: (task["state"], task["tries"]) for task in result["tasks"] if task["task"] == "read"
    }


def test_the_run_is_red_and_its_build_is_done_all_the_same(ended: Ended) -> None:
    _, result = ended
    found = states(result)
    assert result["state"] == "failed"
    assert found["verdict"] == "failed"
    assert {found[task] for task in NEXT} == {"success"}


def test_no_account_is_tried_again_where_that_cannot_help(ended: Ended) -> None:
    assert reads(ended[1]) == {
        "acorn.myfreshworks.com": ("success", 1),
        "birch.myfreshworks.com": ("failed", 1),
        "cedar.myfreshworks.com": ("failed", 1),
    }


def test_the_verdict_names_exactly_the_two_and_why(ended: Ended) -> None:
    verdict = ended[0].verdict
    faults = verdict["faults"]
    assert set(faults) == {"birch.myfreshworks.com", "cedar.myfreshworks.com"}
    assert "credential_refused" in str(faults["birch.myfreshworks.com"])
    assert "quota" in str(faults["cedar.myfreshworks.com"])
    assert not verdict["others"]


def test_no_secret_is_in_any_log_file_or_database(ended: Ended) -> None:
    assert not ended[0].leaks


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("ended", ["postgresql"], indirect=True)
def test_the_page_of_one_account_costs_no_scan_of_all_accounts(postgresql: str) -> None:
    """So `report --all` grows with the accounts, and not with their square. DuckDB is for a few accounts."""
    marts, account = '"freshsales_identity"', "acorn.myfreshworks.com"
    plans = {}
    with psycopg.connect(postgresql.replace("/postgres?", "/three_postgresql?")) as connection:
        # The tables are small here: without this no index is worth it.
        connection.execute("set enable_seqscan = off")
        for name, sql in queries.PANELS.items():
            asked = queries.of_account(sql).format(marts=marts, flags="review.is_admin")
            rows = psycopg.RawCursor(connection).execute(b"explain " + asked.encode(), [account])
            plans[name] = "\n".join(line for (line,) in rows)
    scanned = {name: set(re.findall(r"Seq Scan on (\w+)", plan)) for name, plan in plans.items()}
    assert set().union(*scanned.values()) <= queries.WITHOUT_ACCOUNT, scanned
    assert all(re.search("Index Scan using|Bitmap Index Scan", plan) for plan in plans.values())
