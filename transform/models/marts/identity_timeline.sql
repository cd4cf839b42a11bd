{{ config(schema=var('freshsales_marts_schema')) }}

-- A change here, and the time at which a decision was carried out, lie between two reads. What the provider logged, and
-- what was decided, has an exact time.
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

),

holders as (

    select * from {{ ref('int_freshsales__decision_holders') }}

),

-- Also the decisions that a later one has replaced.
decisions as (

    select decisions.*, scope.resource_name
    from (select * from {{ ref('stg_freshsales__review_decisions') }}) as decisions
    inner join (select * from {{ ref('stg_freshsales__campaign_scope') }}) as scope
        on
            {{ freshsales_identity.freshsales_same(
                'decisions', 'scope', ['account', 'campaign', 'identity_key', 'subject_key']
            ) }}

),

turns as (

    {% for turn in ['carried_out', 'undone'] -%}
    select
        account,
        campaign,
        identity_key,
        coalesce(grant_key, '') as subject_key,
        resource_name,
        'decision_{{ turn }}' as event_type,
        {{ turn }}_after as happened_after,
        {{ turn }}_by as happened_at
    from {{ ref('review_outcomes') }}
    where {{ turn }}_by is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

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
union all
select
    decisions.account,
    {{ dbt.hash("concat('decision|', decisions.decision_key, '|', holders.holder_key)") }},
    holders.holder_key,
    decisions.decided_at,
    decisions.decided_at,
    'review',
    concat(decisions.decision, '_decided'),
    decisions.resource_name,
    concat('by ', decisions.reviewer, ', ', decisions.campaign)
from decisions
inner join holders
    on {{ freshsales_identity.freshsales_same('decisions', 'holders', ['account', 'campaign', 'identity_key']) }}
union all
select
    turns.account,
    {{ dbt.hash(
        "concat(turns.event_type, '|', turns.campaign, '|', turns.identity_key, '|', turns.subject_key, '|', holders.holder_key)"
    ) }},
    holders.holder_key,
    turns.happened_at,
    coalesce(turns.happened_after, turns.happened_at),
    'review',
    turns.event_type,
    turns.resource_name,
    turns.campaign
from turns
inner join holders
    on {{ freshsales_identity.freshsales_same('turns', 'holders', ['account', 'campaign', 'identity_key']) }}
