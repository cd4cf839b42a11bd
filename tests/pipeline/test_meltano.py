"""The pipeline as a user runs it: every row of every stream, whatever the warehouse."""

from pathlib import Path

import pytest

from freshsales_sandbox.app import Sandbox
from tests.pipeline.commands import ROOT, tap_environment
from tests.pipeline.conftest import Meltano
from tests.pipeline.reading import assert_same
from tests.pipeline.truth import truth
from tests.pipeline.warehouses import DuckDB, Warehouse


def test_meltano_loads_every_row_once_and_the_job_writes_the_report(
    meltano: Meltano, sandbox: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    report = tmp_path / "access-review.html"
    environment = tap_environment(sandbox) | warehouse.environment
    environment |= {"FRESHSALES_REVIEW_OUTPUT": str(report)}
    environment |= {"DBT_TARGET_PATH": str(tmp_path / "dbt"), "DBT_LOG_PATH": str(tmp_path / "dbt")}
    main_job = ("tap-freshsales-users", warehouse.meltano_loader)
    for tasks in (main_job, (warehouse.meltano_job,)):
        finished = meltano("run", *tasks, **environment)
        assert finished.returncode == 0, finished.stderr
        assert_same(warehouse.rows, truth(sandbox))
    assert report.stat().st_size


@pytest.mark.parametrize(
    ("missing", "selection", "loaded"),
    [
        ("SCIM_TOKEN", '["*.*", "!scim_*.*"]', {"owners", "roles", "territories", "teams", "profile"}),
        ("API_KEY", '["scim_*.*", "sync_receipts.*"]', {"scim_users", "scim_groups", "scim_group_members"}),
    ],
)
def test_one_credential_is_enough_with_the_selection_of_the_env_template(
    *, missing: str, selection: str, loaded: set[str], meltano: Meltano, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert f"TAP_FRESHSALES_USERS__SELECT='{selection}'" in (ROOT / ".env.template").read_text()
    warehouse = DuckDB(tmp_path / "warehouse.duckdb")
    environment = tap_environment(sandbox) | warehouse.environment
    del environment[f"TAP_FRESHSALES_USERS_{missing}"]
    environment["TAP_FRESHSALES_USERS__SELECT"] = selection
    finished = meltano(
        "run", "tap-freshsales-users", "target-duckdb", "freshsales-review:verify", **environment
    )
    assert finished.returncode == 0, finished.stderr
    assert {receipt["stream"] for receipt in warehouse.rows("sync_receipts")} == loaded
    assert_same(warehouse.rows, {stream: rows for stream, rows in truth(sandbox).items() if stream in loaded})


def test_meltano_knows_every_setting_of_the_tap_and_asks_no_hub(meltano: Meltano) -> None:
    # A hub that refuses every connection: whoever asked it would fail.
    finished = meltano(
        "config", "list", "tap-freshsales-users", "--all", MELTANO_HUB_URL="http://127.0.0.1:9", COLUMNS="200"
    )
    assert finished.returncode == 0, finished.stderr
    for setting in ("domain", "api_key", "scim_token", "page_size", "max_in_flight", "stream_maps"):
        assert setting in finished.stdout


def test_nothing_in_the_project_file_is_deprecated(meltano: Meltano) -> None:
    finished = meltano("--log-level=debug", "job", "list")
    assert finished.returncode == 0, finished.stderr
    assert "deprecat" not in (finished.stdout + finished.stderr).lower()
