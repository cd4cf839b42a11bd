{{ config(schema=var('freshsales_staging_schema')) }}

{%- set key = ['account', 'identity_key', 'revision'] %}

with states as (

    select
        *,
        -- One line for each role, as in crm_roles.
        replace(scim_roles, ', ', '{{ "\n" }}') as scim_role_lines
    from {{ ref('int_freshsales__identity_history') }}
    where observation = 'state'

),

-- A role is of no use if its side does not let the person in.
usable_crm as (

    select * from states where {{ freshsales_identity.freshsales_lets_in('crm_status') }}

),

usable_scim as (

    select * from states where {{ freshsales_identity.freshsales_lets_in('scim_status') }}

),

crm_lines as (

    {{ freshsales_identity.freshsales_lines('usable_crm', key, 'crm_roles') }}

),

role_names as (

    select
        {{ key | join(', ') }},
        {{ dbt.split_part('line', "'" ~ "\t" ~ "'", 1) }} as role_id,
        nullif({{ dbt.split_part('line', "'" ~ "\t" ~ "'", 2) }}, '') as role_name
    from crm_lines
    where line <> ''
    union all
    select {{ key | join(', ') }}, null, line
    from ({{ freshsales_identity.freshsales_lines('usable_scim', key, 'scim_role_lines') }}) as scim_lines

),

roles as (

    select
        {{ key | join(', ') }},
        max(
            case
                when {{ freshsales_identity.freshsales_names_an_administrator('role_name') }} then 1
                else 0
            end
        ) as admin_roles,
        max(case when role_name is null then 1 else 0 end) as nameless_roles
    from role_names
    group by {{ key | join(', ') }}

)

select
    {{ freshsales_identity.freshsales_columns_of('states', key) }},
    states.sync_id,
    case
        when states.scim_status in ('inactive', 'removed') and states.crm_status = 'active' then true
        when states.scim_status in ('inactive', 'removed', 'unknown') and states.crm_status in ('active', 'unknown')
            then null
        else false
    end as is_orphaned_owner,
    case
        when roles.admin_roles = 1 then true
        when roles.nameless_roles = 1 then null
        else false
    end as is_admin
from states
left join roles on {{ freshsales_identity.freshsales_same('states', 'roles', key) }}
