"""The `rest_api` source of dlt, for the same two lists.

Arguments: REST URL, SCIM URL, folder, `extract` or `load`.

`extract` only writes the extract files of dlt; `load` then loads them into a DuckDB file in the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

PAGE_SIZE = 100


def main(rest_url: str, scim_url: str, folder: str, verb: str) -> None:
    owners = rest_api_source(
        {
            "client": {
                "base_url": rest_url,
                "auth": {
                    "type": "api_key",
                    "name": "Authorization",
                    "api_key": "Token token=api-key-of-the-benchmark",
                    "location": "header",
                },
            },
            "resources": [
                {
                    "name": "owners",
                    "primary_key": "id",
                    "endpoint": {
                        "path": "selector/owners",
                        "params": {"per_page": PAGE_SIZE},
                        "data_selector": "users",
                        "paginator": {
                            "type": "page_number",
                            "base_page": 1,
                            "page_param": "page",
                            "total_path": "meta.total_pages",
                        },
                    },
                }
            ],
        },
        name="rest",
    )
    users = rest_api_source(
        {
            "client": {
                "base_url": scim_url,
                "auth": {"type": "bearer", "token": "scim-token-of-the-benchmark"},
            },
            "resources": [
                {
                    "name": "scim_users",
                    "primary_key": "id",
                    "endpoint": {
                        "path": "Users",
                        "data_selector": "Resources",
                        "paginator": {
                            "type": "offset",
                            "limit": PAGE_SIZE,
                            "offset": 1,
                            "offset_param": "startIndex",
                            "limit_param": "count",
                            "total_path": "totalResults",
                        },
                    },
                }
            ],
        },
        name="scim",
    )
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(Path(folder) / "pipelines"),
        destination=dlt.destinations.duckdb(str(Path(folder) / "warehouse.duckdb")),
        dataset_name="freshsales",
    )
    if verb == "extract":
        pipeline.extract([owners, users])
    else:
        pipeline.run([owners, users])


if __name__ == "__main__":
    main(*sys.argv[1:5])
