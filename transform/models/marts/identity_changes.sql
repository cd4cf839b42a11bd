{{ config(schema=var('freshsales_marts_schema')) }}

{%- set remembered = [
    'side', 'side_status', 'status', 'crm_status', 'display_name', 'email', 'department', 'manager', 'role_id', 'scim_roles'
] %}

with states as (

    select
        *,
        case side when 'scim' then scim_after_sync_id else crm_after_sync_id end as side_after_sync_id,
        case side when 'scim' then 'scim_users' else 'owners' end as side_stream,
        {% for column in remembered -%}
        lag({{ column }}) over (partition by account, identity_key order by sync_id) as old_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_freshsales__identity_history') }}

),

-- Attributes are only compared within one side: that SCIM spells a name otherwise than the CRM is no event.
there_before_and_after as (

    select * from states
    where side = old_side and side_status <> 'removed' and old_side_status <> 'removed'

),

roles as (

    select * from {{ ref('stg_freshsales__roles') }}

),

users as (

    select * from {{ ref('int_freshsales__scim_users') }}

),

user_keys as (

    select * from {{ ref('int_freshsales__identity_keys') }} where side = 'scim'

),

groups_read as (

    select * from {{ ref('stg_freshsales__scim_groups') }}

),

memberships as (

    select * from {{ ref('stg_freshsales__scim_group_members') }}

),

standing as (

    select
        states.*,
        case
            when side_status <> 'removed' and coalesce(old_side_status, 'removed') = 'removed' then 'joined'
            when side_status = 'removed' and old_side_status <> 'removed' then 'removed'
            when side <> old_side then null
            when side_status = 'inactive' and old_side_status = 'active' then 'deactivated'
            when side_status = 'active' and old_side_status = 'inactive' then 'reactivated'
        end as event_type
    from states

),

events as (

    select
        account,
        identity_key,
        event_type,
        old_status as old_value,
        status as new_value,
        cast(null as {{ dbt.type_string() }}) as subject_id,
        seen_at,
        side_after_sync_id as after_sync_id,
        sync_id as seen_sync_id,
        side_stream as stream,
        identity_key as told_apart_by
    from standing
    where event_type is not null

    {% for event_type, column in {
        'renamed': 'display_name', 'email_changed': 'email', 'department_changed': 'department'
    }.items() %}
    union all

    select
        account,
        identity_key,
        '{{ event_type }}',
        old_{{ column }},
        {{ column }},
        null,
        seen_at,
        side_after_sync_id,
        sync_id,
        side_stream,
        identity_key
    from there_before_and_after
    where {{ column }} is distinct from old_{{ column }}
    {% endfor %}

    union all

    select
        changed.account,
        changed.identity_key,
        'manager_changed',
        coalesce(old_managers.display_name, changed.old_manager),
        coalesce(new_managers.display_name, changed.manager),
        coalesce(changed.manager, changed.old_manager),
        changed.seen_at,
        changed.side_after_sync_id,
        changed.sync_id,
        changed.side_stream,
        changed.identity_key
    from there_before_and_after as changed
    left join users as old_managers
        on changed.account = old_managers.account and changed.old_manager = old_managers.scim_user_id
    left join users as new_managers
        on changed.account = new_managers.account and changed.manager = new_managers.scim_user_id
    where changed.manager is distinct from changed.old_manager

    union all

    select
        changed.account,
        changed.identity_key,
        'role_changed',
        coalesce(old_roles.name, cast(changed.old_role_id as {{ dbt.type_string() }})),
        coalesce(new_roles.name, cast(changed.role_id as {{ dbt.type_string() }})),
        cast(coalesce(changed.role_id, changed.old_role_id) as {{ dbt.type_string() }}),
        changed.seen_at,
        changed.crm_after_sync_id,
        changed.sync_id,
        'owners',
        changed.identity_key
    from states as changed
    left join roles as old_roles
        on changed.account = old_roles.account and changed.old_role_id = old_roles.role_id
    left join roles as new_roles
        on changed.account = new_roles.account and changed.role_id = new_roles.role_id
    where
        changed.crm_status <> 'removed'
        and changed.old_crm_status <> 'removed'
        and changed.role_id is distinct from changed.old_role_id

    union all

    select
        account,
        identity_key,
        'role_changed',
        old_scim_roles,
        scim_roles,
        null,
        seen_at,
        scim_after_sync_id,
        sync_id,
        'scim_users',
        identity_key
    from there_before_and_after
    where
        coalesce(crm_status, 'removed') = 'removed'
        and coalesce(old_crm_status, 'removed') = 'removed'
        and scim_roles is distinct from old_scim_roles

    union all

    select
        history.account,
        user_keys.identity_key,
        case history.observation when 'present' then 'group_joined' else 'group_left' end,
        case history.observation
            when 'gone' then coalesce(groups_read.display_name, memberships.group_display_name, history.group_id)
        end,
        case history.observation
            when 'present' then coalesce(groups_read.display_name, memberships.group_display_name, history.group_id)
        end,
        history.group_id,
        history.seen_at,
        history.after_sync_id,
        history.sync_id,
        'scim_group_members',
        concat(history.group_id, '|', history.member_id)
    from {{ ref('int_freshsales__membership_history') }} as history
    inner join user_keys on history.account = user_keys.account and history.member_id = user_keys.source_id
    left join groups_read on history.account = groups_read.account and history.group_id = groups_read.group_id
    left join memberships
        on {{ freshsales_identity.freshsales_same('history', 'memberships', ['account', 'group_id', 'member_id']) }}
    where history.observation in ('present', 'gone')

)

select
    account,
    {{ dbt.hash("concat(identity_key, '|', event_type, '|', seen_sync_id, '|', told_apart_by)") }} as change_key,
    identity_key,
    event_type,
    old_value,
    new_value,
    subject_id,
    seen_at as first_seen_at,
    after_sync_id,
    seen_sync_id,
    stream
from events
-- What the first complete read found was there already, for all that anybody knows.
where after_sync_id is not null
