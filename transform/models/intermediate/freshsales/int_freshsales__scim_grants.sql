{{ config(schema=var('freshsales_staging_schema')) }}

with users as (

    select * from {{ ref('stg_freshsales__scim_users') }}

),

listed as (

    {% for column in ['roles', 'entitlements'] -%}
    select account, scim_user_id, '{{ column }}' as attribute, value, display
    from (
        {{ freshsales_identity.freshsales_json_values('users', ['account', 'scim_user_id'], column) }}
    ) as {{ column }}_listed
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    account,
    scim_user_id,
    case attribute when 'roles' then 'scim_role' else 'scim_entitlement' end as resource_type,
    coalesce(value, display) as resource_id,
    max(coalesce(display, value)) as resource_name
from listed
where coalesce(value, display) is not null
group by account, scim_user_id, attribute, coalesce(value, display)
