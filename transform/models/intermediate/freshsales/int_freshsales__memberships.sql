{{ config(schema=var('freshsales_staging_schema')) }}

with members as (

    select
        *,
        lower(member_type) as kind
    from {{ ref('stg_freshsales__scim_group_members') }}

),

users as (

    select account, scim_user_id from {{ ref('stg_freshsales__scim_users') }}

),

groups_there as (

    select account, group_id, coalesce(display_name, group_id) as group_name
    from {{ ref('stg_freshsales__scim_groups') }}
    where is_present

)

select
    members.account,
    members.group_id,
    members.member_id,
    -- The groups themselves may not have been loaded.
    coalesce(groups_there.group_name, members.group_display_name, members.group_id) as group_name,
    -- A user and a group may have the same id. If the server does not say which one is meant, it is the user: otherwise
    -- others would get what the group holds.
    case
        when members.kind is not null then members.kind = 'group'
        else users.account is null and inner_groups.account is not null
    end as is_group,
    members.kind is null and users.account is not null and inner_groups.account is not null as is_either,
    members.is_present
from members
left join groups_there on members.account = groups_there.account and members.group_id = groups_there.group_id
left join users on members.account = users.account and members.member_id = users.scim_user_id
left join groups_there as inner_groups
    on members.account = inner_groups.account and members.member_id = inner_groups.group_id
