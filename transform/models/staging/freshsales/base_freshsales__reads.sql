{{ config(schema=var('freshsales_staging_schema')) }}

{%- set sha256_of_nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' -%}

with receipts as (

    select * from {{ ref('stg_freshsales__sync_receipts') }}

),

rows_by_run as (

    select * from {{ ref('base_freshsales__rows_by_run') }}

),

runs as (

    select account, stream, sync_id from receipts
    union distinct
    select account, stream, sync_id from rows_by_run
    union distinct
    select account, stream, sync_id from {{ ref('int_freshsales__run_history') }}

),

held as (

    select
        runs.account,
        runs.stream,
        runs.sync_id,
        coalesce(rows_by_run.rows_in_warehouse, 0) as rows_in_warehouse,
        rows_by_run.population_sha256,
        -- Later runs overwrite rows and delete none. So all rows that a run wrote are in these.
        sum(coalesce(rows_by_run.rows_in_warehouse, 0)) over (
            partition by runs.account, runs.stream
            order by runs.sync_id desc
            rows between unbounded preceding and current row
        ) as rows_since,
        row_number() over (partition by runs.account, runs.stream order by runs.sync_id desc) as age
    from runs
    left join rows_by_run
        on
            runs.account = rows_by_run.account
            and runs.stream = rows_by_run.stream
            and runs.sync_id = rows_by_run.sync_id

),

compared as (

    select
        held.account,
        held.stream,
        held.sync_id,
        held.age = 1 as is_latest_run,
        receipts.sync_id is not null as has_receipt,
        coalesce(receipts.is_complete, false) as is_complete,
        case when receipts.sync_id is null then 'no receipt' else receipts.incomplete_reason end as incomplete_reason,
        receipts.replication_method,
        receipts.started_at,
        receipts.finished_at,
        receipts.end_evidence,
        receipts.consistency,
        receipts.source_total,
        receipts.records as rows_read,
        -- Receipts of earlier versions say only what was read: there was no stream map in between.
        coalesce(receipts.records_sent, receipts.records) as rows_sent,
        held.rows_in_warehouse,
        held.rows_since,
        receipts.population_sha256,
        case
            when receipts.records_sent is null then receipts.population_sha256
            else receipts.sent_population_sha256
        end as sent_population_sha256,
        case
            when held.age = 1 and receipts.sync_id is not null
                then coalesce(held.population_sha256, '{{ sha256_of_nothing }}')
        end as population_sha256_in_warehouse,
        receipts.coercions,
        receipts.coercion_failures,
        receipts.replaced_characters,
        receipts.dropped_elements,
        receipts.oversized_cells,
        receipts.duplicates_dropped,
        receipts.api_requests,
        receipts.tap_version
    from held
    left join receipts
        on
            held.account = receipts.account
            and held.stream = receipts.stream
            and held.sync_id = receipts.sync_id

)

select
    *,
    sent_population_sha256 = population_sha256_in_warehouse as population_matches,
    has_receipt
    and coalesce(sent_population_sha256 = population_sha256_in_warehouse, true)
    and rows_since >= coalesce(rows_sent, 0) as has_arrived
from compared
