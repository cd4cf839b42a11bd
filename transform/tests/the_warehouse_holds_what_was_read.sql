-- The run that a stream was read by last, receipt against rows. `freshsales-review verify` says what to do. The marts of
-- the other accounts are there all the same, and those of this one count the read for incomplete.
select
    account,
    stream || ' (' || cast(rows_sent as {{ dbt.type_string() }}) || ' sent, '
    || cast(rows_in_warehouse as {{ dbt.type_string() }}) || ' here)' as told
from {{ ref('data_quality') }}
where is_latest_run and has_receipt and (not population_matches or rows_in_warehouse <> rows_sent)
