{{ config(schema=var('freshsales_staging_schema')) }}

{%- set service_accounts = freshsales_identity.freshsales_idp_service_accounts() %}
{#- An app user with one of these statuses is what is left of an assignment, and no assignment. #}
{%- set ended = "('DEPROVISIONED', 'INACTIVE', 'REVOKED', 'UNASSIGNED')" %}

with users as (

    select * from {{ ref('stg_idp__users') }}

),

assignments as (

    select
        account,
        source,
        idp_user_id,
        max(case when upper(coalesce(native_status, '')) in {{ ended }} then 0 else 1 end) as is_assigned,
        max(case when sync_state = 'ERROR' then 1 else 0 end) as has_sync_error,
        min(case when upper(coalesce(native_status, '')) not in {{ ended }} then assigned_at end) as assigned_at
    from {{ ref('stg_idp__app_assignments') }}
    group by account, source, idp_user_id

),

-- An event that failed did not happen. The models that need failed pushes read them themselves.
events as (

    select * from {{ ref('stg_idp__events') }} where result is distinct from 'FAILURE'

),

returned as (

    select account, source, idp_user_id, max(happened_at) as returned_at
    from events
    where event_type = 'returned'
    group by account, source, idp_user_id

),

happened as (

    select
        events.account,
        events.source,
        events.idp_user_id,
        min(
            case
                when
                    events.event_type = 'left'
                    and (returned.returned_at is null or events.happened_at > returned.returned_at)
                    then events.happened_at
            end
        ) as left_at,
        max(case when events.event_type = 'app_sign_in' then events.happened_at end) as app_last_sign_in_at
    from events
    left join returned on {{ freshsales_identity.freshsales_same('events', 'returned', ['account', 'source', 'idp_user_id']) }}
    group by events.account, events.source, events.idp_user_id

),

pushes as (

    select
        *,
        row_number() over (partition by account, source, idp_user_id order by happened_at desc, event_id desc) as age
    from {{ ref('stg_idp__events') }}
    where event_type = 'app_deprovisioned' or (event_type = 'app_assigned' and result is distinct from 'FAILURE')

)

select
    users.*,
    coalesce(assignments.is_assigned = 1, false) as is_assigned,
    coalesce(assignments.has_sync_error = 1, false) as has_sync_error,
    assignments.idp_user_id is not null as has_assignment,
    assignments.assigned_at,
    -- A person who came back and left again left at the later time. Without an event, the change of the status gives
    -- it.
    case when users.has_left then coalesce(happened.left_at, users.status_changed_at) end as left_at,
    happened.app_last_sign_in_at,
    coalesce(pushes.event_type = 'app_deprovisioned' and pushes.result = 'FAILURE', false) as last_push_failed,
    pushes.happened_at as last_push_at,
    {%- if service_accounts %}
    coalesce(lower(users.login) in ({{ freshsales_identity.freshsales_idp_literals(service_accounts) }}), false)
    or coalesce(lower(users.email) in ({{ freshsales_identity.freshsales_idp_literals(service_accounts) }}), false)
    or coalesce(lower(users.idp_user_id) in ({{ freshsales_identity.freshsales_idp_literals(service_accounts) }}), false)
        as is_service_account
    {%- else %}
    false as is_service_account
    {%- endif %}
from users
left join assignments on {{ freshsales_identity.freshsales_same('users', 'assignments', ['account', 'source', 'idp_user_id']) }}
left join happened on {{ freshsales_identity.freshsales_same('users', 'happened', ['account', 'source', 'idp_user_id']) }}
left join pushes
    on {{ freshsales_identity.freshsales_same('users', 'pushes', ['account', 'source', 'idp_user_id']) }} and pushes.age = 1
