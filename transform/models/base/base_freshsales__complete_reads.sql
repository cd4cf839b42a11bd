{{ config(schema=var('freshsales_staging_schema')) }}

select account, stream, sync_id, coalesce(finished_at, started_at) as finished_at
from {{ ref('base_freshsales__reads') }}
where is_complete and has_arrived
