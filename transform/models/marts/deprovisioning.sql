{{ config(schema=var('freshsales_marts_schema')) }}

{%- set limit_hours = var('freshsales_deprovisioning_hours') %}

with sources as (

    select * from {{ ref('int_idp__sources') }}

),

users as (

    select users.*, sources.kind
    from (select * from {{ ref('int_idp__users') }}) as users
    inner join sources on users.account = sources.account and users.source = sources.source

),

-- Several events of one kind in a row count once: a leave ends with the next return.
turns as (

    select
        *,
        lead(happened_at) over (partition by account, source, idp_user_id order by happened_at, event_id) as until_at
    from (
        select
            *,
            lag(event_type) over (partition by account, source, idp_user_id order by happened_at, event_id) as before
        from {{ ref('stg_idp__events') }}
        where event_type in ('left', 'returned') and result is distinct from 'FAILURE'
    ) as events
    where before is null or event_type <> before

),

spells as (

    select
        *,
        lag(last_loaded_at) over (partition by account, source, idp_user_id order by first_loaded_at) as not_left_at,
        lead(first_loaded_at) over (partition by account, source, idp_user_id order by first_loaded_at) as until_at
    from {{ ref('int_idp__left_spells') }}

),

-- The log says when they were back. Without such an entry, they may have been back right after the last load that still
-- showed them gone. So access since then says nothing about the leave.
returns as (

    select
        spells.account,
        spells.source,
        spells.idp_user_id,
        spells.first_loaded_at,
        spells.until_at,
        coalesce(min(turns.happened_at), spells.last_loaded_at) as returned_at
    from spells
    left join turns
        on
            {{ freshsales_identity.freshsales_same('spells', 'turns', ['account', 'source', 'idp_user_id']) }}
            and turns.event_type = 'returned'
            and turns.happened_at > spells.last_loaded_at
            and turns.happened_at <= spells.until_at
    where spells.has_left and spells.until_at is not null
    group by
        spells.account,
        spells.source,
        spells.idp_user_id,
        spells.first_loaded_at,
        spells.last_loaded_at,
        spells.until_at

),

-- The log may have no entry for a return that a later load shows.
ends as (

    select account, source, idp_user_id, event_id, min(returned_at) as returned_at
    from (
        select account, source, idp_user_id, event_id, until_at as returned_at
        from turns
        where event_type = 'left'
        union all
        select
            turns.account,
            turns.source,
            turns.idp_user_id,
            turns.event_id,
            case when returns.returned_at > turns.happened_at then returns.returned_at else turns.happened_at end
        from turns
        inner join returns
            on {{ freshsales_identity.freshsales_same('turns', 'returns', ['account', 'source', 'idp_user_id']) }}
        where turns.event_type = 'left' and returns.until_at > turns.happened_at
    ) as each_end
    group by account, source, idp_user_id, event_id

),

by_event as (

    select
        turns.account,
        turns.source,
        turns.idp_user_id,
        turns.happened_at as left_after,
        turns.happened_at as left_by,
        'event' as left_evidence,
        ends.returned_at
    from turns
    inner join ends
        on {{ freshsales_identity.freshsales_same('turns', 'ends', ['account', 'source', 'idp_user_id', 'event_id']) }}

),

by_load as (

    select
        spells.account,
        spells.source,
        spells.idp_user_id,
        coalesce(spells.status_changed_at, spells.not_left_at) as left_after,
        coalesce(spells.status_changed_at, spells.first_loaded_at) as left_by,
        case when spells.status_changed_at is null then 'between_loads' else 'status_changed' end as left_evidence,
        returns.returned_at
    from spells
    left join returns
        on {{ freshsales_identity.freshsales_same('spells', 'returns', ['account', 'source', 'idp_user_id', 'first_loaded_at']) }}
    left join by_event
        on
            {{ freshsales_identity.freshsales_same('spells', 'by_event', ['account', 'source', 'idp_user_id']) }}
            and by_event.left_by <= spells.first_loaded_at
            and (by_event.returned_at is null or by_event.returned_at > spells.first_loaded_at)
    where spells.has_left and by_event.account is null

),

-- The last day of a person ends with that day.
by_last_day as (

    select
        account,
        source,
        idp_user_id,
        {{ dbt.dateadd('day', 1, 'cast(left_on as ' ~ dbt.type_timestamp() ~ ')') }} as left_after,
        {{ dbt.dateadd('day', 1, 'cast(left_on as ' ~ dbt.type_timestamp() ~ ')') }} as left_by,
        'roster' as left_evidence,
        cast(null as {{ dbt.type_timestamp() }}) as returned_at
    from users
    where has_left and left_on is not null and kind = 'roster'

),

leaves as (

    select
        leaves.*,
        matches.identity_key,
        {{ dbt.hash("concat(leaves.source, '|', leaves.idp_user_id, '|', leaves.left_evidence, '|', cast(leaves.left_by as " ~ dbt.type_string() ~ "))") }} as leave_key
    from (
        select * from by_event
        union all
        select * from by_load
        union all
        select * from by_last_day
    ) as leaves
    inner join (select * from {{ ref('int_idp__matches') }}) as matches
        on
            matches.side = 'here'
            and {{ freshsales_identity.freshsales_same('leaves', 'matches', ['account', 'source', 'idp_user_id']) }}
    inner join (select * from {{ ref('int_idp__flags') }}) as flags
        on {{ freshsales_identity.freshsales_same('matches', 'flags', ['account', 'identity_key']) }}
    where not flags.is_service_account

),

pushes as (

    select
        leaves.account,
        leaves.leave_key,
        events.happened_at,
        events.result,
        row_number() over (
            partition by leaves.account, leaves.leave_key
            order by events.happened_at desc, events.event_id desc
        ) as age
    from leaves
    inner join (select * from {{ ref('stg_idp__events') }}) as events
        on {{ freshsales_identity.freshsales_same('leaves', 'events', ['account', 'source', 'idp_user_id']) }}
    where
        events.event_type = 'app_deprovisioned'
        -- A push on somebody's last day comes before the day ends.
        and events.happened_at >= {{ dbt.dateadd('day', -1, 'coalesce(leaves.left_after, leaves.left_by)') }}
        and (leaves.returned_at is null or events.happened_at < leaves.returned_at)

),

runs as (

    select
        reads.account,
        reads.sync_id,
        min(coalesce(reads.started_at, complete_reads.finished_at)) as started_at,
        max(complete_reads.finished_at) as finished_at,
        max(case reads.stream when 'owners' then 1 else 0 end) as reads_crm,
        max(case reads.stream when 'scim_users' then 1 else 0 end) as reads_scim
    from (select * from {{ ref('base_freshsales__complete_reads') }}) as complete_reads
    inner join (select * from {{ ref('base_freshsales__reads') }}) as reads
        on {{ freshsales_identity.freshsales_same('complete_reads', 'reads', ['account', 'stream', 'sync_id']) }}
    where reads.stream in ('owners', 'scim_users')
    group by reads.account, reads.sync_id

),

-- The last run that ended before the leave: the time that matters begins with it.
windows as (

    select leaves.account, leaves.leave_key, max(runs.sync_id) as first_sync_id
    from leaves
    inner join runs
        on leaves.account = runs.account and runs.finished_at <= coalesce(leaves.left_after, leaves.left_by)
    group by leaves.account, leaves.leave_key

),

first_reads as (

    select
        account,
        min(case stream when 'owners' then sync_id end) as crm_sync_id,
        min(case stream when 'scim_users' then sync_id end) as scim_sync_id
    from {{ ref('base_freshsales__complete_reads') }}
    group by account

),

access as (

    select * from {{ ref('int_idp__access') }}

),

-- A person who is on no list of a side that was read is not there. A side that was never read may let anybody in.
seen as (

    select
        leaves.account,
        leaves.leave_key,
        runs.sync_id,
        runs.started_at,
        runs.finished_at,
        {% for side in ['crm', 'scim'] -%}
        coalesce(
            {{ side }}.side_status, case when runs.sync_id >= first_reads.{{ side }}_sync_id then 'removed' end
        ) as {{ side }}_status,
        runs.reads_{{ side }} = 1 as reads_{{ side }}{{ ',' if not loop.last }}
        {% endfor %}
    from leaves
    inner join runs on leaves.account = runs.account
    left join windows on leaves.account = windows.account and leaves.leave_key = windows.leave_key
    left join first_reads on leaves.account = first_reads.account
    {% for side in ['crm', 'scim'] -%}
    left join access as {{ side }}
        on
            {{ side }}.side = '{{ side }}'
            and leaves.account = {{ side }}.account
            and leaves.identity_key = {{ side }}.identity_key
            and runs.sync_id >= {{ side }}.sync_id
            and ({{ side }}.until_sync_id is null or runs.sync_id < {{ side }}.until_sync_id)
    {% endfor %}
    where
        (windows.first_sync_id is null or runs.sync_id >= windows.first_sync_id)
        and (leaves.returned_at is null or runs.started_at < leaves.returned_at)

),

last_access as (

    select account, leave_key, max(sync_id) as sync_id, max(started_at) as access_seen_at
    from seen
    where (reads_crm and crm_status = 'active') or (reads_scim and scim_status = 'active')
    group by account, leave_key

),

no_access as (

    select seen.account, seen.leave_key, min(seen.finished_at) as no_access_seen_at
    from seen
    inner join last_access on seen.account = last_access.account and seen.leave_key = last_access.leave_key
    where
        seen.crm_status in ('inactive', 'removed')
        and seen.scim_status in ('inactive', 'removed')
        and seen.sync_id > last_access.sync_id
    group by seen.account, seen.leave_key

),

measured as (

    select
        leaves.account,
        leaves.identity_key,
        leaves.source,
        leaves.leave_key,
        leaves.left_after,
        leaves.left_by,
        leaves.left_evidence,
        leaves.returned_at,
        pushes.happened_at as push_at,
        pushes.result as push_result,
        last_access.access_seen_at,
        no_access.no_access_seen_at,
        -- `greatest` would make zero of a bound that is not known.
        case
            when last_access.access_seen_at > leaves.left_by then {{ freshsales_identity.freshsales_hours('leaves.left_by', 'last_access.access_seen_at') }}
            when last_access.access_seen_at is not null then cast(0 as {{ dbt.type_numeric() }})
        end as lag_at_least_hours,
        case
            when no_access.no_access_seen_at > leaves.left_after then {{ freshsales_identity.freshsales_hours('leaves.left_after', 'no_access.no_access_seen_at') }}
            when no_access.no_access_seen_at <= leaves.left_after then cast(0 as {{ dbt.type_numeric() }})
        end as lag_at_most_hours,
        {{ freshsales_identity.freshsales_hours('leaves.left_by', freshsales_identity.freshsales_utc_now()) }} as hours_since_left
    from leaves
    left join last_access on leaves.account = last_access.account and leaves.leave_key = last_access.leave_key
    left join no_access on leaves.account = no_access.account and leaves.leave_key = no_access.leave_key
    left join pushes
        on leaves.account = pushes.account and leaves.leave_key = pushes.leave_key and pushes.age = 1

)

select
    account,
    identity_key,
    source,
    leave_key,
    left_after,
    left_by,
    left_evidence,
    push_at,
    push_result,
    access_seen_at,
    no_access_seen_at,
    lag_at_least_hours,
    lag_at_most_hours,
    case
        when access_seen_at is null then 'not_seen'
        when lag_at_most_hours <= {{ limit_hours }} then 'met'
        when lag_at_least_hours > {{ limit_hours }} then 'missed'
        when no_access_seen_at is null and returned_at is null and hours_since_left <= {{ limit_hours }} then 'open'
        else 'not_known'
    end as sla
from measured
