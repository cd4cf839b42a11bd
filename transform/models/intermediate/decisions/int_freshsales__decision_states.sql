{{ config(schema=var('freshsales_staging_schema')) }}

{%- set key = ['account', 'campaign', 'identity_key', 'subject_key'] %}

with decisions as (

    select decisions.*, scope.resource_type, scope.resource_id
    from (select * from {{ ref('stg_freshsales__review_decisions') }}) as decisions
    inner join (select * from {{ ref('stg_freshsales__campaign_scope') }}) as scope
        on {{ freshsales_identity.freshsales_same('decisions', 'scope', key) }}
    where not decisions.is_superseded

),

holders as (

    select * from {{ ref('int_freshsales__decision_holders') }}

),

grants as (

    select * from {{ ref('int_freshsales__grant_history') }} where observation <> 'read'

),

-- A person: how many of their ids let them in, on either side.
sides as (

    {% for side in ['crm', 'scim'] -%}
    select
        account,
        identity_key,
        '{{ side }}' as side,
        sync_id,
        after_sync_id,
        seen_at,
        case side_status when 'active' then 1 else 0 end as is_in,
        case side_status when 'unknown' then 1 else 0 end as is_unknown
    from {{ ref('int_freshsales__' ~ side ~ '_versions') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

steps_of_sides as (

    select
        *,
        is_in - coalesce(lag(is_in) over (partition by account, identity_key, side order by sync_id), 0) as step,
        is_unknown
        - coalesce(lag(is_unknown) over (partition by account, identity_key, side order by sync_id), 0) as unknown_step
    from sides

),

steps as (

    select
        {{ freshsales_identity.freshsales_columns_of('decisions', key) }},
        found.sync_id,
        found.after_sync_id,
        found.seen_at,
        found.step,
        found.unknown_step
    from decisions
    inner join holders
        on {{ freshsales_identity.freshsales_same('decisions', 'holders', ['account', 'campaign', 'identity_key']) }}
    inner join steps_of_sides as found on holders.account = found.account and holders.holder_key = found.identity_key
    where decisions.subject_key = '' and decisions.decision <> 'change'

    union all

    -- A grant: in how many ways the person has it.
    select
        {{ freshsales_identity.freshsales_columns_of('decisions', key) }},
        grants.sync_id,
        grants.after_sync_id,
        grants.seen_at,
        case grants.observation when 'held' then 1 else -1 end,
        0
    from decisions
    inner join holders
        on {{ freshsales_identity.freshsales_same('decisions', 'holders', ['account', 'campaign', 'identity_key']) }}
    inner join grants
        on
            holders.account = grants.account
            and holders.holder_key = grants.identity_key
            and decisions.resource_type = grants.resource_type
            and decisions.resource_id = grants.resource_id
    where decisions.subject_key <> ''

),

levels as (

    select
        {{ key | join(', ') }},
        sync_id,
        max(after_sync_id) as after_sync_id,
        max(seen_at) as seen_at,
        sum(sum(step)) over (
            partition by {{ key | join(', ') }} order by sync_id rows between unbounded preceding and current row
        ) as ways_in,
        sum(sum(unknown_step)) over (
            partition by {{ key | join(', ') }} order by sync_id rows between unbounded preceding and current row
        ) as ways_unknown
    from steps
    group by {{ key | join(', ') }}, sync_id

),

-- A person whose access was to be changed: whether they hold anything else now than at the decision.
first_changes as (

    select
        {{ freshsales_identity.freshsales_columns_of('decisions', key) }},
        decisions.sync_id as decided_sync_id,
        min(case when grants.after_sync_id >= decisions.sync_id then grants.sync_id end) as sync_id
    from decisions
    inner join holders
        on {{ freshsales_identity.freshsales_same('decisions', 'holders', ['account', 'campaign', 'identity_key']) }}
    left join grants on holders.account = grants.account and holders.holder_key = grants.identity_key
    where decisions.subject_key = '' and decisions.decision = 'change'
    group by {{ freshsales_identity.freshsales_columns_of('decisions', key) }}, decisions.sync_id

)

select
    {{ key | join(', ') }},
    sync_id,
    after_sync_id,
    seen_at,
    case when ways_in > 0 then 'held' when ways_unknown > 0 then 'unknown' else 'not_held' end as state
from levels

union all

select {{ key | join(', ') }}, decided_sync_id, null, null, 'held'
from first_changes

union all

select
    {{ freshsales_identity.freshsales_columns_of('first_changes', key) }},
    first_changes.sync_id,
    max(grants.after_sync_id),
    max(grants.seen_at),
    'not_held'
from first_changes
inner join grants on first_changes.account = grants.account and first_changes.sync_id = grants.sync_id
inner join holders
    on
        {{ freshsales_identity.freshsales_same('first_changes', 'holders', ['account', 'campaign', 'identity_key']) }}
        and grants.identity_key = holders.holder_key
group by {{ freshsales_identity.freshsales_columns_of('first_changes', key) }}, first_changes.sync_id
