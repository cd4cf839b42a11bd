{{ config(schema=var('freshsales_marts_schema')) }}

with reads as (

    select * from {{ ref('base_freshsales__reads') }}

),

last_complete as (

    select account, stream, max(sync_id) as sync_id, max(finished_at) as finished_at
    from {{ ref('base_freshsales__complete_reads') }}
    group by account, stream

),

compared as (

    select * from {{ ref('int_freshsales__compared_reads') }}

),

either as (

    select account, count(*) as members
    from {{ ref('int_freshsales__memberships') }}
    where is_present and is_either
    group by account

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
    coalesce({{ freshsales_identity.freshsales_is_held_back('compared') }}, false) as is_held_back,
    compared.rows_read_before,
    compared.rows_missing,
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
    case
        when reads.stream = 'scim_group_members' and reads.is_latest_run then coalesce(either.members, 0)
    end as members_of_either_kind,
    reads.api_requests,
    reads.tap_version
from reads
left join compared
    on {{ freshsales_identity.freshsales_same('reads', 'compared', ['account', 'stream', 'sync_id']) }}
left join either on reads.account = either.account
left join last_complete on reads.account = last_complete.account and reads.stream = last_complete.stream
