{{ config(schema=var('freshsales_marts_schema')) }}

with ids as (

    select account, side, source_id, identity_key from {{ ref('int_freshsales__identity_keys') }}

),

owners as (

    select
        ids.identity_key,
        owners.*
    from (select * from {{ ref('int_freshsales__owners') }}) as owners
    inner join ids
        on
            owners.account = ids.account
            and cast(owners.owner_id as {{ dbt.type_string() }}) = ids.source_id
            and ids.side = 'crm'
    where owners.is_present

),

users as (

    select
        users.account,
        users.scim_user_id,
        ids.identity_key
    from (select * from {{ ref('int_freshsales__scim_users') }}) as users
    inner join ids on users.account = ids.account and users.scim_user_id = ids.source_id and ids.side = 'scim'
    where users.is_present

),

groups_there as (

    select account, group_id, coalesce(display_name, group_id) as group_name
    from {{ ref('stg_freshsales__scim_groups') }}
    where is_present

),

memberships as (

    select
        members.account,
        members.group_id,
        members.group_name,
        users.identity_key
    from (select * from {{ ref('int_freshsales__memberships') }}) as members
    inner join users on members.account = users.account and members.member_id = users.scim_user_id
    where members.is_present and not members.is_group

),

within_groups as (

    select * from {{ ref('int_freshsales__groups_within') }}

),

grants as (

    select
        owners.account,
        owners.identity_key,
        'crm_role' as resource_type,
        cast(roles.role_id as {{ dbt.type_string() }}) as resource_id,
        coalesce(roles.role_name, cast(roles.role_id as {{ dbt.type_string() }})) as resource_name,
        'assigned' as entitlement,
        'direct' as granted_via,
        cast(null as {{ dbt.type_string() }}) as granted_via_id
    from owners
    inner join (select * from {{ ref('int_freshsales__owner_roles') }}) as roles
        on owners.account = roles.account and owners.owner_id = roles.owner_id

    union all

    select
        account,
        identity_key,
        'crm_territory',
        cast(territory_id as {{ dbt.type_string() }}),
        coalesce(territory_name, cast(territory_id as {{ dbt.type_string() }})),
        'assigned',
        'direct',
        null
    from owners
    where territory_id is not null

    union all

    select account, identity_key, 'scim_group', group_id, group_name, 'member', 'direct', null
    from memberships

    union all

    select
        memberships.account,
        memberships.identity_key,
        'scim_group',
        groups_there.group_id,
        groups_there.group_name,
        'member',
        memberships.group_name,
        memberships.group_id
    from memberships
    inner join within_groups
        on memberships.account = within_groups.account and memberships.group_id = within_groups.inner_group_id
    inner join groups_there
        on within_groups.account = groups_there.account and within_groups.group_id = groups_there.group_id

    union all

    select
        grants.account,
        users.identity_key,
        grants.resource_type,
        grants.resource_id,
        grants.resource_name,
        'assigned',
        'direct',
        null
    from (select * from {{ ref('int_freshsales__scim_grants') }}) as grants
    inner join users on grants.account = users.account and grants.scim_user_id = users.scim_user_id

)

select
    account,
    {{ dbt.hash("concat(identity_key, '|', resource_type, '|', resource_id, '|', coalesce(granted_via_id, ''))") }} as grant_key,
    identity_key,
    resource_type,
    resource_id,
    resource_name,
    entitlement,
    granted_via,
    granted_via_id,
    granted_via_id is null as is_direct
from grants
