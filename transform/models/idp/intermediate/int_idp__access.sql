{{ config(schema=var('freshsales_staging_schema')) }}

-- How each person stood on each side, from one complete read that showed something new to the next.
with {{ freshsales_identity.freshsales_versions('crm', ref('int_freshsales__owner_history'), 'owner_id') }},

{{ freshsales_identity.freshsales_versions('scim', ref('int_freshsales__scim_user_history'), 'scim_user_id') }},

versions as (

    {% for side in ['crm', 'scim'] -%}
    select account, identity_key, '{{ side }}' as side, sync_id, side_status from {{ side }}_versions
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    *,
    lead(sync_id) over (partition by account, identity_key, side order by sync_id) as until_sync_id
from versions
