{{ config(schema=var('freshsales_marts_schema')) }}

with events as (

    select * from {{ ref('int_freshsales__state_events') }}
    union all
    select * from {{ ref('int_freshsales__role_events') }}
    union all
    select
        account,
        identity_key,
        case observation when 'present' then 'group_joined' else 'group_left' end as event_type,
        case observation when 'gone' then group_name end as old_value,
        case observation when 'present' then group_name end as new_value,
        group_id as subject_id,
        seen_at,
        after_sync_id,
        sync_id as seen_sync_id,
        'scim_group_members' as stream,
        concat(group_id, '|', member_id) as told_apart_by
    from {{ ref('int_freshsales__identity_groups') }}
    where is_event

),

identities_now as (

    select * from {{ ref('int_freshsales__identity_successors') }}

)

select
    events.account,
    {{ dbt.hash("concat(events.identity_key, '|', events.event_type, '|', events.seen_sync_id, '|', events.told_apart_by)") }} as change_key,
    coalesce(identities_now.successor_key, events.identity_key) as identity_key,
    events.event_type,
    events.old_value,
    events.new_value,
    events.subject_id,
    events.seen_at as first_seen_at,
    events.after_sync_id,
    events.seen_sync_id,
    events.stream
from events
left join identities_now
    on {{ freshsales_identity.freshsales_same('events', 'identities_now', ['account', 'identity_key']) }}
-- What the first complete read found may have been there for any time.
where events.after_sync_id is not null
