"""A source in PyAirbyte, for the same two lists, into its DuckDB cache in a folder.

Arguments: `manifest` or `executable`, its path, configuration, folder.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ |= {"AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1"}

import airbyte
from airbyte.caches import DuckDBCache


def main(kind: str, place: str, config: str, folder: str) -> None:
    how = {"source_manifest": Path(place)} if kind == "manifest" else {"local_executable": place}
    source = airbyte.get_source("source-of-people", config=json.loads(Path(config).read_text()), **how)
    source.select_streams(["owners", "scim_users"])
    cache = DuckDBCache(db_path=Path(folder) / "warehouse.duckdb", schema_name="freshsales")
    source.read(cache=cache, force_full_refresh=True)


if __name__ == "__main__":
    main(*sys.argv[1:5])
