"""`make fleet` removes what the last one left: two at once would lose the Airflow of the first."""

from pathlib import Path

import pytest

from fleet import __main__ as demo
from fleet.airflow import FleetFailedError


def test_a_second_make_fleet_says_that_one_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "FOLDER", tmp_path / "output" / "fleet")
    with demo.alone(), pytest.raises(FleetFailedError, match="Another `make fleet` runs here"), demo.alone():
        pass
    with demo.alone():
        pass
