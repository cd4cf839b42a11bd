{{ config(schema=var('freshsales_marts_schema')) }}

{%- set idp_columns = [
    'idp_source', 'idp_user_id', 'idp_match_method', 'idp_match_confidence', 'idp_match_is_ambiguous', 'idp_status',
    'idp_left_at', 'idp_last_login_at', 'app_last_sign_in_at', 'is_assigned_in_idp', 'idp_loaded_at', 'roster_status',
    'roster_left_on',
] %}

with people as (

    -- Each pair of ids has one row: that of the SCIM user.
    select * from {{ ref('int_freshsales__identity_keys') }}
    where is_current and (side = 'scim' or scim_user_id is null)

),

owner_keys as (

    select * from {{ ref('int_freshsales__identity_keys') }} where side = 'crm'

),

user_keys as (

    select * from {{ ref('int_freshsales__identity_keys') }} where side = 'scim'

),

accounts as (

    select * from {{ ref('int_freshsales__accounts') }}

),

-- Since when the person is there, by the complete reads.
crm_since as (

    select account, identity_key, max(since_sync_id) as sync_id
    from {{ ref('int_freshsales__crm_versions') }}
    group by account, identity_key

),

scim_since as (

    select account, identity_key, max(since_sync_id) as sync_id
    from {{ ref('int_freshsales__scim_versions') }}
    group by account, identity_key

),

told as (

    select * from {{ ref('int_freshsales__identity_told') }}

),

owners as (

    select *, cast(owner_id as {{ dbt.type_string() }}) as source_id from {{ ref('int_freshsales__owners') }}

),

users as (

    select * from {{ ref('int_freshsales__scim_users') }}

),

idp as (

    select * from {{ ref('int_idp__identities') }}

),

joined as (

    select
        people.account,
        people.identity_key,
        -- An id that was handed on belongs to the next person now.
        cast(
            case when people.crm_owner_id not like '%@%' then people.crm_owner_id end as {{ dbt.type_bigint() }}
        ) as crm_owner_id,
        people.scim_user_id,

        people.match_method,
        case people.match_method
            when 'uuid' then 'high'
            when 'primary_email' then 'high'
            when 'any_email' then 'medium'
            when 'user_name' then 'low'
            when 'earlier_match' then 'low'
        end as match_confidence,
        people.is_ambiguous or coalesce(owner_keys.is_ambiguous, false) as match_is_ambiguous,

        coalesce(users.full_name, owners.display_name) as full_name,
        coalesce(users.full_name, owners.display_name, users.display_name, told.display_name) as display_name,
        coalesce(users.given_name, owners.given_name) as given_name,
        coalesce(users.family_name, owners.family_name) as family_name,
        coalesce(users.email, owners.email, told.email) as email,
        users.user_name,
        users.title,
        coalesce(users.department, told.department) as department,

        users.manager_scim_user_id,
        manager_keys.identity_key as manager_identity_key,
        users.manager_named,

        owners.role_id as crm_role_id,
        owners.role_names as crm_role,
        owners.territory_name as crm_territory,

        -- If a loader deletes rows, only the ids are left, and what the history says about them.
        case
            when people.crm_owner_id is not null then coalesce(owners.crm_status, told.crm_status, 'removed')
        end as crm_status,
        case
            when people.scim_user_id is not null then coalesce(users.scim_status, told.scim_status, 'removed')
        end as scim_status,
        -- A person who was not found on the other side is absent there only if that side was read after they came here,
        -- and if nobody there may be the same person.
        coalesce(
            people.crm_owner_id is not null
            or (
                not people.is_ambiguous
                and accounts.last_crm_sync_id >= coalesce(scim_since.sync_id, users.sync_id, '')
            ),
            false
        ) as crm_is_known,
        coalesce(
            people.scim_user_id is not null
            or (
                not people.is_ambiguous
                and accounts.last_scim_sync_id >= coalesce(crm_since.sync_id, owners.sync_id, '')
            ),
            false
        ) as scim_is_known,
        coalesce(
            accounts.memberships_are_read
            and accounts.last_membership_sync_id >= coalesce(scim_since.sync_id, users.sync_id, ''),
            false
        ) as memberships_are_known,

        coalesce(users.created_at, owners.created_at) as created_at,
        case
            when owners.sync_id is null or users.sync_id > owners.sync_id then users.sync_id
            else owners.sync_id
        end as last_seen_sync_id,
        coalesce(
            case when people.scim_user_id is null then owners.removed_seen_at else users.removed_seen_at end,
            case when told.side_status = 'removed' then told.side_seen_at end
        ) as removed_seen_at,
        told.known_since_sync_id
    from people
    left join owner_keys
        on people.account = owner_keys.account and people.crm_owner_id = owner_keys.source_id
    left join accounts on people.account = accounts.account
    left join crm_since on {{ freshsales_identity.freshsales_same('people', 'crm_since', ['account', 'identity_key']) }}
    left join scim_since on {{ freshsales_identity.freshsales_same('people', 'scim_since', ['account', 'identity_key']) }}
    left join told on {{ freshsales_identity.freshsales_same('people', 'told', ['account', 'identity_key']) }}
    left join owners on people.account = owners.account and people.crm_owner_id = owners.source_id
    left join users on people.account = users.account and people.scim_user_id = users.scim_user_id
    left join user_keys as manager_keys
        on users.account = manager_keys.account and users.manager_scim_user_id = manager_keys.source_id

)

select
    joined.account,
    joined.identity_key,
    joined.crm_owner_id,
    joined.scim_user_id,
    joined.match_method,
    joined.match_confidence,
    joined.match_is_ambiguous,
    joined.display_name,
    joined.given_name,
    joined.family_name,
    joined.email,
    joined.user_name,
    joined.title,
    joined.department,
    joined.manager_scim_user_id,
    joined.manager_identity_key,
    -- If only the login of a manager is known, their name may be in the rows of the people whom they lead.
    coalesce(managers.full_name, joined.manager_named, managers.display_name) as manager_name,
    joined.crm_role_id,
    joined.crm_role,
    joined.crm_territory,
    joined.crm_status,
    joined.scim_status,
    {{ freshsales_identity.freshsales_identity_status(
        'joined.scim_status', 'joined.crm_status', 'joined.scim_is_known', 'joined.crm_is_known'
    ) }} as status,
    joined.created_at,
    joined.crm_is_known,
    joined.scim_is_known,
    joined.memberships_are_known,
    joined.known_since_sync_id,
    joined.last_seen_sync_id,
    joined.removed_seen_at,
    {%- for column in idp_columns %}
    idp.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from joined
left join joined as managers
    on joined.account = managers.account and joined.manager_identity_key = managers.identity_key
left join idp on joined.account = idp.account and joined.identity_key = idp.identity_key
