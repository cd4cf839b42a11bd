{{ config(schema=var('freshsales_staging_schema')) }}

with owners as (

    select * from {{ ref('stg_freshsales__owners') }}

),

roles as (

    select * from {{ ref('stg_freshsales__roles') }}

),

territories as (

    select * from {{ ref('stg_freshsales__territories') }}

)

select
    owners.account,
    owners.owner_id,
    coalesce(
        owners.display_name,
        owners.name,
        nullif(trim(concat(coalesce(owners.first_name, ''), ' ', coalesce(owners.last_name, ''))), '')
    ) as display_name,
    owners.first_name as given_name,
    owners.last_name as family_name,
    owners.email,
    owners.uuid,
    owners.role_id,
    roles.name as role_name,
    roles.name as role_names,
    concat(cast(owners.role_id as {{ dbt.type_string() }}), '{{ "\t" }}', roles.name) as roles,
    owners.territory_id,
    territories.name as territory_name,
    coalesce(owners.is_active, true) as is_active,
    owners.created_at,
    owners.sync_id,
    owners.removed_seen_sync_id,
    owners.removed_seen_at,
    owners.is_present,
    case
        when not owners.is_present then 'removed'
        when not coalesce(owners.is_active, true) then 'inactive'
        else 'active'
    end as crm_status
from owners
left join roles on owners.account = roles.account and owners.role_id = roles.role_id
left join territories
    on owners.account = territories.account and owners.territory_id = territories.territory_id
