-- The run that a stream was read by last, receipt against rows. `freshsales-review verify` says what to do.
select account, stream, sync_id, rows_sent, rows_in_warehouse
from {{ ref('data_quality') }}
where is_latest_run and has_receipt and (not population_matches or rows_in_warehouse <> rows_sent)
