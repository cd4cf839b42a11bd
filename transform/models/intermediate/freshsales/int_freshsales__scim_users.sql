{{ config(schema=var('freshsales_staging_schema')) }}

with users as (

    select * from {{ ref('stg_freshsales__scim_users') }}

),

-- The name with which somebody signs in is not their name. Some servers send it in place of the name.
named as (

    select
        account,
        scim_user_id,
        coalesce(
            {{ freshsales_identity.freshsales_name('display_name', 'user_name') }},
            {{ freshsales_identity.freshsales_name('formatted_name', 'user_name') }},
            nullif(trim(concat(coalesce(given_name, ''), ' ', coalesce(family_name, ''))), ''),
            nick_name
        ) as full_name
    from users

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
    named.full_name,
    coalesce(named.full_name, users.display_name, users.user_name) as display_name,
    users.given_name,
    users.family_name,
    users.primary_email as email,
    users.user_name,
    users.title,
    users.department,
    managers.manager_scim_user_id,
    coalesce(
        users.manager_display_name, case when managers.manager_scim_user_id is null then users.manager_id end
    ) as manager_named,
    coalesce(users.manager_id, users.manager_display_name) as manager,
    roles.role_names,
    users.active as is_active,
    users.created_at,
    users.sync_id,
    users.removed_seen_sync_id,
    users.removed_seen_at,
    users.is_present,
    {{ freshsales_identity.freshsales_side_status('users.is_present', 'users.active') }} as scim_status
from users
inner join named on users.account = named.account and users.scim_user_id = named.scim_user_id
left join (select * from {{ ref('int_freshsales__managers') }}) as managers
    on users.account = managers.account and users.scim_user_id = managers.scim_user_id
left join roles on users.account = roles.account and users.scim_user_id = roles.scim_user_id
