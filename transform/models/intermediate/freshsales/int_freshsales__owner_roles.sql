{{ config(schema=var('freshsales_staging_schema')) }}

with owners as (

    select * from {{ ref('stg_freshsales__owners') }}

),

roles as (

    select * from {{ ref('stg_freshsales__roles') }}

),

-- Rows of an older tap have no list of roles.
listed as (

    select
        account,
        owner_id,
        cast(id as {{ dbt.type_bigint() }}) as role_id,
        {{ freshsales_identity.freshsales_text('name') }} as role_name
    from (
        {{ freshsales_identity.freshsales_json_values('owners', ['account', 'owner_id'], 'roles', ['id', 'name']) }}
    ) as listed_roles
    union all
    select account, owner_id, role_id, null
    from owners
    where role_id is not null

)

select
    listed.account,
    listed.owner_id,
    listed.role_id,
    max(coalesce(roles.name, listed.role_name)) as role_name
from listed
left join roles on listed.account = roles.account and listed.role_id = roles.role_id
group by listed.account, listed.owner_id, listed.role_id
