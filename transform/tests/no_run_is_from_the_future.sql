-- Until such a time has passed, every later run counts as older. `freshsales-review verify` says what to do.
select account, stream || ' of run ' || sync_id as told
from {{ ref('stg_freshsales__sync_receipts') }}
where finished_at > {{ dbt.dateadd('minute', 5, freshsales_identity.freshsales_utc_now()) }}
