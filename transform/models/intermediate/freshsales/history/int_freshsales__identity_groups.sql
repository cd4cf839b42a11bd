{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'group_id', 'member_id', 'sync_id', 'observation']}) }}

{%- set text = dbt.type_string() %}

with told as (

    {{ freshsales_identity.freshsales_remembered({
        'account': text, 'group_id': text, 'member_id': text, 'sync_id': text, 'observation': text
    }) }}

),

history as (

    select * from {{ ref('int_freshsales__membership_history') }} where observation in ('present', 'gone')

),

users as (

    select * from {{ ref('int_freshsales__seats') }} where side = 'scim'

),

-- If no person is known by an id, the membership of that id waits until one is.
of_people as (

    select history.*, users.identity_key
    from history
    inner join users on history.account = users.account and history.member_id = users.source_id
    left join (select * from {{ ref('int_freshsales__memberships') }}) as memberships
        on {{ freshsales_identity.freshsales_same('history', 'memberships', ['account', 'group_id', 'member_id']) }}
    -- A group may have the id of a user.
    where not coalesce(memberships.is_group, false)

),

new as (

    select of_people.*
    from of_people
    left join told
        on {{ freshsales_identity.freshsales_same('of_people', 'told', ['account', 'group_id', 'member_id', 'sync_id', 'observation']) }}
    where told.account is null

),

-- How many ids of the person are in the group after each read. A person whose id has changed has neither left the group
-- nor joined it.
steps as (

    select
        of_people.account,
        of_people.identity_key,
        of_people.group_id,
        of_people.sync_id,
        sum(case of_people.observation when 'present' then 1 else -1 end) as step
    from of_people
    inner join (select distinct account, identity_key, group_id from new) as looked_at
        on {{ freshsales_identity.freshsales_same('of_people', 'looked_at', ['account', 'identity_key', 'group_id']) }}
    group by of_people.account, of_people.identity_key, of_people.group_id, of_people.sync_id

),

levels as (

    select
        account,
        identity_key,
        group_id,
        sync_id,
        step,
        sum(step) over (
            partition by account, identity_key, group_id
            order by sync_id
            rows between unbounded preceding and current row
        ) as ids_after
    from steps

),

groups_named as (

    select account, group_id, display_name, sync_id
    from {{ ref('int_freshsales__group_history') }}
    where observation = 'present'

),

-- The name of the group at the last read of the groups that is not later; before the first such read, the first name.
names_found as (

    select
        new.account,
        new.group_id,
        new.sync_id,
        new.observation,
        new.after_sync_id,
        coalesce(
            max(
                case
                    when groups_named.sync_id <= case new.observation when 'gone' then new.after_sync_id else new.sync_id end
                        then groups_named.sync_id
                end
            ),
            min(groups_named.sync_id)
        ) as named_sync_id
    from (select distinct account, group_id, sync_id, observation, after_sync_id from new) as new
    inner join groups_named on new.account = groups_named.account and new.group_id = groups_named.group_id
    group by new.account, new.group_id, new.sync_id, new.observation, new.after_sync_id

),

names as (

    select names_found.*, groups_named.display_name
    from names_found
    inner join groups_named
        on
            names_found.account = groups_named.account
            and names_found.group_id = groups_named.group_id
            and names_found.named_sync_id = groups_named.sync_id

)

select
    new.account,
    new.identity_key,
    new.group_id,
    new.member_id,
    coalesce(names.display_name, memberships.group_display_name, new.group_id) as group_name,
    new.sync_id,
    new.observation,
    new.after_sync_id,
    new.seen_at,
    case new.observation
        when 'present' then levels.ids_after > 0 and levels.ids_after - levels.step = 0
        else levels.ids_after = 0 and levels.ids_after - levels.step > 0
    end
    and row_number() over (
        partition by new.account, new.identity_key, new.group_id, new.sync_id, new.observation order by new.member_id
    ) = 1 as is_event
from new
inner join levels
    on {{ freshsales_identity.freshsales_same('new', 'levels', ['account', 'identity_key', 'group_id', 'sync_id']) }}
left join names
    on
        {{ freshsales_identity.freshsales_same('new', 'names', ['account', 'group_id', 'sync_id', 'observation']) }}
        and new.after_sync_id is not distinct from names.after_sync_id
left join (select * from {{ ref('stg_freshsales__scim_group_members') }}) as memberships
    on {{ freshsales_identity.freshsales_same('new', 'memberships', ['account', 'group_id', 'member_id']) }}
