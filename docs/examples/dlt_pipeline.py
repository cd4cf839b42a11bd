"""Load everybody into DuckDB by dlt, and say what the load rests on.

pip install 'tap-freshsales-users[dlt]' 'dlt[duckdb]'
export SOURCES__FRESHSALES__DOMAIN=acme
export SOURCES__FRESHSALES__API_KEY=... SOURCES__FRESHSALES__SCIM_TOKEN=...
python dlt_pipeline.py
"""

import dlt

from tap_freshsales_users.dlt import freshsales_source

pipeline = dlt.pipeline("freshsales_users", destination="duckdb", dataset_name="freshsales")
print(pipeline.run(freshsales_source()))
with pipeline.sql_client() as client:
    receipts = client.execute_sql(
        "select stream, records, is_complete, incomplete_reason from sync_receipts "
        "where sync_id = (select max(sync_id) from sync_receipts) order by stream"
    )
for stream, records, is_complete, reason in receipts or []:
    print(f"{stream:20}{records:>7} records, {'complete' if is_complete else f'not complete: {reason}'}")
