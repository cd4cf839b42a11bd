{{ config(schema=var('freshsales_staging_schema')) }}

{%- set compared = [
    'side', 'side_status', 'status', 'crm_status', 'display_name', 'email', 'department', 'manager', 'manager_name', 'scim_roles'
] %}

with history as (

    select * from {{ ref('int_freshsales__identity_history') }} where observation <> 'read'

),

followed as (

    select
        *,
        {% for column in compared -%}
        lag({{ column }}) over (partition by account, identity_key order by revision) as old_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from history

),

reads as (

    select * from {{ ref('int_freshsales__people_reads') }}

),

-- The facts about the identity: the side, the read of it that showed the state, and whether it was another person's
-- before. In that case the match was corrected, and nothing has happened to the person.
states as (

    select
        *,
        case side when 'scim' then scim_seen_at else crm_seen_at end as side_seen_at,
        case side when 'scim' then scim_after_sync_id else crm_after_sync_id end as side_after_sync_id,
        case side when 'scim' then scim_sync_id else crm_sync_id end as side_sync_id,
        case side when 'scim' then 'scim_users' else 'owners' end as side_stream,
        coalesce(has_parted, false)
        or case side when 'scim' then scim_moved_from else crm_moved_from end is not null as is_repaired
    from followed
    where observation = 'state'

),

-- Attributes are compared only within one side: if SCIM spells a name differently from the CRM, that is no event.
there_before_and_after as (

    select * from states
    where side = old_side and side_status <> 'removed' and old_side_status <> 'removed' and not is_repaired

),

standing as (

    select
        *,
        case
            when side_status <> 'removed' and coalesce(old_side_status, 'removed') = 'removed' then 'joined'
            when side_status = 'removed' and old_side_status <> 'removed' then 'removed'
            when side <> old_side then null
            when side_status = 'inactive' and old_side_status = 'active' then 'deactivated'
            when side_status = 'active' and old_side_status = 'inactive' then 'reactivated'
        end as event_type
    from states
    where not is_repaired

)

select
    account,
    identity_key,
    event_type,
    old_status as old_value,
    status as new_value,
    cast(null as {{ dbt.type_string() }}) as subject_id,
    side_seen_at as seen_at,
    side_after_sync_id as after_sync_id,
    side_sync_id as seen_sync_id,
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
    side_seen_at,
    side_after_sync_id,
    side_sync_id,
    side_stream,
    identity_key
from there_before_and_after
where {{ column }} is distinct from old_{{ column }}
{% endfor %}

union all

select
    account,
    identity_key,
    'manager_changed',
    old_manager_name,
    manager_name,
    coalesce(manager, old_manager),
    side_seen_at,
    side_after_sync_id,
    side_sync_id,
    side_stream,
    identity_key
from there_before_and_after
where manager_is_another and manager is distinct from old_manager

union all

-- The SCIM roles of people who are no owners.
select
    account,
    identity_key,
    'role_changed',
    old_scim_roles,
    scim_roles,
    null,
    scim_seen_at,
    scim_after_sync_id,
    scim_sync_id,
    'scim_users',
    identity_key
from there_before_and_after
where
    side = 'scim'
    and coalesce(crm_status, 'removed') = 'removed'
    and coalesce(old_crm_status, 'removed') = 'removed'
    and scim_roles is distinct from old_scim_roles

{% for side, stream in {'crm': 'owners', 'scim': 'scim_users'}.items() %}
union all

select
    states.account,
    states.identity_key,
    'repaired',
    states.{{ side }}_moved_from_name,
    states.display_name,
    states.{{ side }}_source_id,
    states.seen_at,
    case when reads.is_of_scim then coalesce(reads.scim_sync_id_before, reads.crm_sync_id_before) else reads.crm_sync_id_before end,
    states.sync_id,
    case when reads.is_of_scim then 'scim_users' else 'owners' end,
    '{{ side }}|' || states.{{ side }}_source_id
from states
inner join reads on states.account = reads.account and states.sync_id = reads.sync_id
where states.{{ side }}_moved_from is not null
{% endfor %}
