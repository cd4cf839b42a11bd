"""Read everything by PyAirbyte into its DuckDB cache: `pyairbyte_read.py EXECUTABLE CONFIG CACHE`."""

import json
import sys
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache

_, executable, config, cache = sys.argv
source = airbyte.get_source(
    "source-freshsales-users",
    local_executable=executable,
    config=json.loads(Path(config).read_text(encoding="utf-8")),
)
source.check()
source.select_all_streams()
result = source.read(cache=DuckDBCache(db_path=cache, schema_name="freshsales"), force_full_refresh=True)
print(json.dumps({name: len(dataset) for name, dataset in result.streams.items()}))
