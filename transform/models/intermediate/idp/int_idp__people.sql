{{ config(schema=var('freshsales_staging_schema')) }}

{%- set service_accounts = freshsales_identity.freshsales_idp_service_accounts() %}

-- The people here, with all values by which an identity provider may know them.
with people as (

    select *
    from {{ ref('int_freshsales__identity_keys') }}
    where is_current and (side = 'scim' or scim_user_id is null)

),

users as (

    select * from {{ ref('stg_freshsales__scim_users') }}

),

owners as (

    select *, cast(owner_id as {{ dbt.type_string() }}) as source_id from {{ ref('int_freshsales__owners') }}

),

reads as (

    select account, sync_id, max(finished_at) as finished_at
    from {{ ref('base_freshsales__reads') }}
    group by account, sync_id

)

select
    people.account,
    people.identity_key,
    people.scim_user_id,
    people.crm_owner_id,
    {{ freshsales_identity.freshsales_text('users.external_id') }} as external_id,
    users.employee_number,
    lower(users.user_name) as user_name,
    users.primary_email as scim_email,
    owners.email as owner_email,
    coalesce(users.is_present, false) or coalesce(owners.is_present, false) as is_present,
    coalesce(users.created_at, owners.created_at) as created_at,
    -- They were here by this time. An older list cannot have them on it.
    coalesce(users.created_at, owners.created_at, reads.finished_at) as here_by,
    {%- if service_accounts %}
    coalesce(lower(users.user_name) in ({{ freshsales_identity.freshsales_idp_literals(service_accounts) }}), false)
    or coalesce(lower(users.primary_email) in ({{ freshsales_identity.freshsales_idp_literals(service_accounts) }}), false)
    or coalesce(lower(owners.email) in ({{ freshsales_identity.freshsales_idp_literals(service_accounts) }}), false)
    or coalesce(lower(people.scim_user_id) in ({{ freshsales_identity.freshsales_idp_literals(service_accounts) }}), false)
        as is_service_account
    {%- else %}
    false as is_service_account
    {%- endif %}
from people
left join users on people.account = users.account and people.scim_user_id = users.scim_user_id
left join owners on people.account = owners.account and people.crm_owner_id = owners.source_id
left join reads on people.account = reads.account and people.first_sync_id = reads.sync_id
