-- Compares the receipt with the rows of the latest run of each stream. `freshsales-review verify` says what to do. The
-- marts of the other accounts are still built, and those of this account treat the read as not complete.
select
    account,
    stream || ' (' || cast(rows_sent as {{ dbt.type_string() }}) || ' sent, '
    || cast(rows_in_warehouse as {{ dbt.type_string() }}) || ' here)' as told
from {{ ref('data_quality') }}
where is_latest_run and has_receipt and (not population_matches or rows_in_warehouse <> rows_sent)
