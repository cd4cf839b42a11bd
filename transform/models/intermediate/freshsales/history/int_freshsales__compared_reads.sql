{{ config(
    schema=var('freshsales_history_schema'),
    unique_key=['account', 'stream', 'sync_id'],
    meta={'key': ['account', 'stream', 'sync_id']},
) }}

with complete_receipts as (

    select
        account,
        stream,
        sync_id,
        has_arrived,
        rows_read,
        -- A setting says about how many owners `owned_records` is asked: no two reads of it are compared.
        case when stream <> 'owned_records' then lag(sync_id) over (partition by account, stream order by sync_id) end
            as before_sync_id,
        case when stream <> 'owned_records' then lag(rows_read) over (partition by account, stream order by sync_id) end
            as rows_read_before
    from {{ ref('base_freshsales__reads') }}
    where has_receipt and is_complete

),

-- Rows that the read before has seen, or a run since then, and that this read has not.
left_behind as (

    select
        receipts.account,
        receipts.stream,
        receipts.sync_id,
        sum(rows_by_run.keys_last_seen) as keys_left
    from complete_receipts as receipts
    inner join (select * from {{ ref('base_freshsales__rows_by_run') }}) as rows_by_run
        on
            receipts.account = rows_by_run.account
            and receipts.stream = rows_by_run.stream
            and receipts.before_sync_id <= rows_by_run.sync_id
            and receipts.sync_id > rows_by_run.sync_id
    group by receipts.account, receipts.stream, receipts.sync_id

)

select
    receipts.account,
    receipts.stream,
    receipts.sync_id,
    receipts.before_sync_id,
    cast(receipts.rows_read_before as {{ dbt.type_bigint() }}) as rows_read_before,
    -- Some loaders delete rows that a read no longer had. Then only the two numbers of rows that were read are left.
    cast(
        case
            when receipts.before_sync_id is not null
                then greatest(coalesce(left_behind.keys_left, 0), receipts.rows_read_before - receipts.rows_read)
        end as {{ dbt.type_bigint() }}
    ) as rows_missing
from complete_receipts as receipts
left join left_behind
    on
        receipts.account = left_behind.account
        and receipts.stream = left_behind.stream
        and receipts.sync_id = left_behind.sync_id
{%- if is_incremental() %}
left join {{ this }} as earlier
    on
        receipts.account = earlier.account
        and receipts.stream = earlier.stream
        and receipts.sync_id = earlier.sync_id
{%- endif %}
where
    receipts.has_arrived
    {%- if is_incremental() %}
    -- Later runs overwrite the rows that this was counted from.
    and earlier.account is null
    {%- endif %}
