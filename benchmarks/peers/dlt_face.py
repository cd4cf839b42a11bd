"""The dlt source of the tap, for the same two lists, into a DuckDB file in a folder.

Arguments: REST URL, SCIM URL, folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dlt

from tap_freshsales_users.dlt import freshsales_source


def main(rest_url: str, scim_url: str, folder: str) -> None:
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(Path(folder) / "pipelines"),
        destination=dlt.destinations.duckdb(str(Path(folder) / "warehouse.duckdb")),
        dataset_name="freshsales",
    )
    pipeline.run(
        freshsales_source(
            domain="acme",
            api_key="api-key-of-the-benchmark",
            scim_token="scim-token-of-the-benchmark",
            rest_api_url=rest_url,
            scim_api_url=scim_url,
            max_in_flight=8,
            tables=["owners", "scim_users"],
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
