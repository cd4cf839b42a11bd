{{ config(schema=var('freshsales_marts_schema')) }}

with reads as (

    select * from {{ ref('base_freshsales__reads') }}

),

last_complete as (

    select account, stream, max(sync_id) as sync_id, max(finished_at) as finished_at
    from {{ ref('base_freshsales__complete_reads') }}
    group by account, stream

)

select
    reads.account,
    reads.stream,
    reads.sync_id,

    reads.is_latest_run,
    reads.has_receipt,
    reads.has_arrived,
    reads.is_complete,
    reads.incomplete_reason,
    reads.replication_method,
    reads.started_at,
    reads.finished_at,

    last_complete.sync_id as last_complete_sync_id,
    last_complete.finished_at as last_complete_at,
    cast(
        {{ dbt.datediff('last_complete.finished_at', freshsales_identity.freshsales_utc_now(), 'hour') }}
        as {{ dbt.type_int() }}
    ) as hours_since_last_complete,

    reads.end_evidence,
    reads.consistency,
    reads.source_total,
    reads.rows_read,
    reads.rows_sent,
    reads.rows_in_warehouse,
    reads.population_sha256,
    reads.sent_population_sha256,
    reads.population_sha256_in_warehouse,
    reads.population_matches,

    reads.coercions,
    reads.coercion_failures,
    reads.replaced_characters,
    reads.dropped_elements,
    reads.oversized_cells,
    reads.duplicates_dropped,
    reads.api_requests,
    reads.tap_version
from reads
left join last_complete on reads.account = last_complete.account and reads.stream = last_complete.stream
