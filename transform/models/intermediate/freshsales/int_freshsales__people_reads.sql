{{ config(schema=var('freshsales_staging_schema')) }}

with reads as (

    select account, 'crm' as side, sync_id, seen_at
    from {{ ref('int_freshsales__owner_history') }}
    where observation = 'read'
    union all
    select account, 'scim', sync_id, seen_at
    from {{ ref('int_freshsales__scim_user_history') }}
    where observation = 'read'

),

runs as (

    select
        account,
        sync_id,
        max(seen_at) as seen_at,
        max(case side when 'crm' then sync_id end) as crm_sync_id,
        max(case side when 'scim' then sync_id end) as scim_sync_id
    from reads
    group by account, sync_id

)

select
    account,
    sync_id,
    seen_at,
    crm_sync_id is not null as is_of_crm,
    scim_sync_id is not null as is_of_scim,
    {% for side in ['crm', 'scim'] -%}
    max({{ side }}_sync_id) over (
        partition by account order by sync_id rows between unbounded preceding and current row
    ) as last_{{ side }}_sync_id,
    max({{ side }}_sync_id) over (
        partition by account order by sync_id rows between unbounded preceding and 1 preceding
    ) as {{ side }}_sync_id_before{{ ',' if not loop.last }}
    {% endfor %}
from runs
