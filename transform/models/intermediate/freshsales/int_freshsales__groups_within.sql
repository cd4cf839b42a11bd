{{ config(schema=var('freshsales_staging_schema')) }}

with groups_there as (

    select account, group_id from {{ ref('stg_freshsales__scim_groups') }} where is_present

),

links as (

    select members.account, members.group_id, members.member_id as inner_group_id
    from (select * from {{ ref('int_freshsales__memberships') }}) as members
    inner join groups_there
        on members.account = groups_there.account and members.member_id = groups_there.group_id
    where members.is_present and members.is_group

),

within_groups as (

    {{ freshsales_identity.freshsales_groups_within('links') }}

)

select * from within_groups
where group_id <> inner_group_id
