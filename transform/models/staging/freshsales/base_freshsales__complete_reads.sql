{{ config(schema=var('freshsales_staging_schema')) }}

select reads.account, reads.stream, reads.sync_id, coalesce(reads.finished_at, reads.started_at) as finished_at
from (select * from {{ ref('base_freshsales__reads') }}) as reads
inner join (select * from {{ ref('int_freshsales__compared_reads') }}) as compared
    on {{ freshsales_identity.freshsales_same('reads', 'compared', ['account', 'stream', 'sync_id']) }}
where not {{ freshsales_identity.freshsales_is_held_back('compared') }}
