{{ config(schema=var('freshsales_staging_schema')) }}

with keys as (

    select * from {{ ref('int_freshsales__identity_keys') }}

),

-- Only CRM ids are handed on. A SCIM id may itself contain an `@`.
seats as (

    select
        account,
        side,
        source_id,
        identity_key,
        is_current,
        is_ambiguous,
        case side when 'crm' then {{ dbt.split_part('source_id', "'@'", 1) }} else source_id end as upstream_id,
        case side when 'crm' then nullif({{ dbt.split_part('source_id', "'@'", 2) }}, '') end as until_sync_id
    from keys

)

select
    *,
    lag(until_sync_id) over (
        partition by account, side, upstream_id
        order by case when until_sync_id is null then 1 else 0 end, until_sync_id
    ) as from_sync_id
from seats
