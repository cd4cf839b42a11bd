{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'stream', 'sync_id']}) }}

with rows_by_run as (

    select * from {{ ref('base_freshsales__rows_by_run') }}

),

receipts as (

    select account, stream, sync_id from {{ ref('stg_freshsales__sync_receipts') }}

),

told as (

    {% set text = dbt.type_string() %}
    {{ freshsales_identity.freshsales_remembered({'account': text, 'stream': text, 'sync_id': text}) }}

)

select rows_by_run.account, rows_by_run.stream, rows_by_run.sync_id
from rows_by_run
left join receipts
    on {{ freshsales_identity.freshsales_same('rows_by_run', 'receipts', ['account', 'stream', 'sync_id']) }}
left join told
    on {{ freshsales_identity.freshsales_same('rows_by_run', 'told', ['account', 'stream', 'sync_id']) }}
where receipts.account is null and told.account is null
