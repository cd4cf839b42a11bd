{{ config(schema=var('freshsales_marts_schema')) }}

-- What changed here is known to lie between two reads; what the provider logged has a time of its own.
with changes as (

    select * from {{ ref('identity_changes') }}

),

reads as (

    select * from {{ ref('base_freshsales__reads') }}

),

matches as (

    select * from {{ ref('int_idp__matches') }} where side = 'here' and idp_user_id is not null

),

events as (

    select * from {{ ref('stg_idp__events') }}

)

select
    changes.account,
    changes.change_key as event_key,
    changes.identity_key,
    changes.first_seen_at as happened_at,
    coalesce(reads.started_at, reads.finished_at) as happened_after,
    'freshsales' as origin,
    changes.event_type,
    changes.old_value,
    changes.new_value
from changes
left join reads
    on
        changes.account = reads.account
        and changes.stream = reads.stream
        and changes.after_sync_id = reads.sync_id
union all
select
    events.account,
    {{ dbt.hash("concat(events.source, '|', events.event_id)") }},
    matches.identity_key,
    events.happened_at,
    events.happened_at,
    events.source,
    coalesce(events.native_type, events.event_type),
    cast(null as {{ dbt.type_string() }}),
    case when events.reason is null then events.result else concat(events.result, ': ', events.reason) end
from events
inner join matches on {{ freshsales_identity.freshsales_same('events', 'matches', ['account', 'source', 'idp_user_id']) }}
