{{ config(schema=var('freshsales_staging_schema')) }}

-- The status of each person on each side, from one complete read that showed something new to the next.
with versions as (

    {% for side in ['crm', 'scim'] -%}
    select account, identity_key, '{{ side }}' as side, sync_id, side_status
    from {{ ref('int_freshsales__' ~ side ~ '_versions') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    *,
    lead(sync_id) over (partition by account, identity_key, side order by sync_id) as until_sync_id
from versions
