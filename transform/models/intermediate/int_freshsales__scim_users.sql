{{ config(schema=var('freshsales_staging_schema')) }}

with users as (

    select * from {{ ref('stg_freshsales__scim_users') }}

),

roles as (

    select account, scim_user_id, {{ dbt.listagg('resource_name', "', '", 'order by resource_name') }} as role_names
    from {{ ref('int_freshsales__scim_grants') }}
    where resource_type = 'scim_role'
    group by account, scim_user_id

)

select
    users.account,
    users.scim_user_id,
    coalesce(
        users.display_name,
        users.formatted_name,
        nullif(trim(concat(coalesce(users.given_name, ''), ' ', coalesce(users.family_name, ''))), ''),
        users.user_name
    ) as display_name,
    users.given_name,
    users.family_name,
    users.primary_email as email,
    users.user_name,
    users.title,
    users.department,
    users.manager_id,
    users.manager_id as manager_scim_user_id,
    users.manager_display_name,
    users.manager_display_name as manager_named,
    coalesce(users.manager_id, users.manager_display_name) as manager,
    roles.role_names,
    coalesce(users.active, true) as is_active,
    users.created_at,
    users.sync_id,
    users.removed_seen_sync_id,
    users.removed_seen_at,
    users.is_present,
    case
        when not users.is_present then 'removed'
        when not coalesce(users.active, true) then 'inactive'
        else 'active'
    end as scim_status
from users
left join roles on users.account = roles.account and users.scim_user_id = roles.scim_user_id
