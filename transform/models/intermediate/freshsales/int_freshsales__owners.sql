{{ config(schema=var('freshsales_staging_schema')) }}

with owners as (

    select * from {{ ref('stg_freshsales__owners') }}

),

-- One line for each role, which int_freshsales__role_events takes apart again. So tabs and line ends in names are
-- replaced.
roles as (

    select
        account,
        owner_id,
        {{ dbt.listagg(
            'concat(cast(role_id as ' ~ dbt.type_string() ~ "), chr(9), replace(replace(role_name, chr(9), ' '), chr(10), ' '))",
            'chr(10)',
            'order by role_id'
        ) }} as roles,
        {{ dbt.listagg('role_name', "', '", 'order by role_name') }} as role_names
    from {{ ref('int_freshsales__owner_roles') }}
    group by account, owner_id

),

territories as (

    select * from {{ ref('stg_freshsales__territories') }}

)

select
    owners.account,
    owners.owner_id,
    -- Some accounts show the address of people who gave no name.
    coalesce(
        {{ freshsales_identity.freshsales_name('owners.display_name', 'owners.email') }},
        {{ freshsales_identity.freshsales_name('owners.name', 'owners.email') }},
        nullif(trim(concat(coalesce(owners.first_name, ''), ' ', coalesce(owners.last_name, ''))), ''),
        owners.display_name,
        owners.name
    ) as display_name,
    owners.first_name as given_name,
    owners.last_name as family_name,
    owners.email,
    owners.uuid,
    owners.role_id,
    roles.roles,
    roles.role_names,
    owners.territory_id,
    territories.name as territory_name,
    owners.is_active,
    owners.created_at,
    owners.sync_id,
    owners.removed_seen_sync_id,
    owners.removed_seen_at,
    owners.is_present,
    {{ freshsales_identity.freshsales_side_status('owners.is_present', 'owners.is_active') }} as crm_status
from owners
left join roles on owners.account = roles.account and owners.owner_id = roles.owner_id
left join territories
    on owners.account = territories.account and owners.territory_id = territories.territory_id
