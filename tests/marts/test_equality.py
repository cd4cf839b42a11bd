from typing import Any

import pytest

from tests.marts.conftest import Marts
from tests.marts.engines import MARTS
from tests.marts.scenarios import BUILDS

# When the marts were built is the one thing that may differ.
OF_THE_CLOCK = {"hours_since_last_complete", "hours_old"}


# Nobody decides in the scenarios: test_decisions.py compares these two on both warehouses.
OF_DECISIONS = {"review_outcomes", "review_campaigns"}


@pytest.mark.parametrize("mart", [mart for mart in MARTS if mart not in OF_DECISIONS])
def test_duckdb_and_postgresql_give_equal_rows(
    mart: str, duckdb_marts: Marts, postgresql_marts: Marts
) -> None:
    for build in range(BUILDS):
        assert comparable(duckdb_marts.builds[build][mart]) == comparable(
            postgresql_marts.builds[build][mart]
        )
    assert duckdb_marts.builds[-1][mart]


def comparable(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(
        repr(sorted((name, value) for name, value in row.items() if name not in OF_THE_CLOCK)) for row in rows
    )
