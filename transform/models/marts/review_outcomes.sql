{{ config(schema=var('freshsales_marts_schema')) }}

{%- set key = ['account', 'campaign', 'identity_key', 'subject_key'] %}
{%- set same_key = freshsales_identity.freshsales_same %}

with decisions as (

    select decisions.*, scope.resource_type, scope.resource_name, campaigns.due_at
    from (select * from {{ ref('stg_freshsales__review_decisions') }}) as decisions
    inner join (select * from {{ ref('stg_freshsales__campaign_scope') }}) as scope
        on {{ same_key('decisions', 'scope', key) }}
    inner join (select * from {{ ref('stg_freshsales__campaigns') }}) as campaigns
        on {{ same_key('decisions', 'campaigns', ['account', 'campaign']) }}
    where not decisions.is_superseded

),

-- Only states from the read of the decision on: earlier states do not matter.
states as (

    select
        states.*,
        decisions.sync_id as decided_sync_id,
        max(case when states.sync_id <= decisions.sync_id then states.sync_id end) over (
            partition by {{ freshsales_identity.freshsales_columns_of('states', key) }}
        ) as first_sync_id
    from (select * from {{ ref('int_freshsales__decision_states') }}) as states
    inner join decisions on {{ same_key('states', 'decisions', key) }}

),

followed as (

    select
        *,
        lag(state) over (partition by {{ key | join(', ') }} order by sync_id) as state_before,
        sum(case state when 'held' then 1 else 0 end) over (
            partition by {{ key | join(', ') }} order by sync_id rows between unbounded preceding and current row
        ) as times_held,
        sum(case state when 'not_held' then 1 else 0 end) over (
            partition by {{ key | join(', ') }} order by sync_id rows between unbounded preceding and current row
        ) as times_not_held
    from states
    where first_sync_id is null or sync_id >= first_sync_id

),

-- The time between the last read that showed the old state and the first that showed the new one. Reads in between may
-- not have been able to tell.
bounded as (

    select
        *,
        min(case when state <> 'held' then after_sync_id end) over (
            partition by {{ key | join(', ') }}, times_held
        ) as after_held_sync_id,
        min(case when state <> 'not_held' then after_sync_id end) over (
            partition by {{ key | join(', ') }}, times_not_held
        ) as after_not_held_sync_id
    from followed

),

turns as (

    select
        {{ key | join(', ') }},
        max(sync_id) as sync_id,
        max(case when state = 'not_held' and coalesce(state_before, 'held') <> 'not_held' then sync_id end) as out_sync_id,
        max(
            case when state = 'held' and coalesce(state_before, 'held') <> 'held' and times_not_held > 0 then sync_id end
        ) as in_again_sync_id
    from bounded
    group by {{ key | join(', ') }}

),

reads as (

    select account, sync_id, max(finished_at) as finished_at
    from {{ ref('base_freshsales__complete_reads') }}
    group by account, sync_id

),

accounts as (

    select
        accounts.account,
        accounts.last_crm_sync_id,
        accounts.last_scim_sync_id,
        crm_reads.finished_at as crm_seen_at,
        scim_reads.finished_at as scim_seen_at
    from (select * from {{ ref('int_freshsales__accounts') }}) as accounts
    left join reads as crm_reads
        on accounts.account = crm_reads.account and accounts.last_crm_sync_id = crm_reads.sync_id
    left join reads as scim_reads
        on accounts.account = scim_reads.account and accounts.last_scim_sync_id = scim_reads.sync_id

),

-- The last read that shows that the person gets in, on any side.
people_seen as (

    select
        holders.account,
        holders.campaign,
        holders.identity_key,
        max(
            case
                when told.crm_status = 'active' and told.scim_status = 'active'
                    then greatest(accounts.crm_seen_at, accounts.scim_seen_at)
                when told.crm_status = 'active' then accounts.crm_seen_at
                when told.scim_status = 'active' then accounts.scim_seen_at
            end
        ) as seen_at
    from (select * from {{ ref('int_freshsales__decision_holders') }}) as holders
    inner join (select * from {{ ref('int_freshsales__identity_told') }}) as told
        on holders.account = told.account and holders.holder_key = told.identity_key
    inner join accounts on holders.account = accounts.account
    group by holders.account, holders.campaign, holders.identity_key

),

-- The last read that says something about a kind of grants.
kinds_seen as (

    select account, kind, max(seen_at) as seen_at
    from {{ ref('int_freshsales__grant_history') }}
    where observation = 'read'
    group by account, kind

),

all_kinds_seen as (

    select account, min(seen_at) as seen_at from kinds_seen group by account

),

told as (

    select
        decisions.*,
        bounded.state,
        turns.out_sync_id,
        turns.in_again_sync_id,
        outs.after_held_sync_id,
        outs.seen_at as out_seen_at,
        ins.after_not_held_sync_id,
        ins.seen_at as in_again_seen_at,
        -- Only a read of a side shows that a person is not on it.
        decisions.subject_key <> ''
        or decisions.decision = 'change'
        or coalesce(
            accounts.last_crm_sync_id >= decisions.sync_id and accounts.last_scim_sync_id >= decisions.sync_id, false
        ) as both_sides_tell,
        case
            when decisions.subject_key <> '' then kinds_seen.seen_at
            when decisions.decision = 'change' then all_kinds_seen.seen_at
            else people_seen.seen_at
        end as held_at
    from decisions
    left join turns on {{ same_key('decisions', 'turns', key) }}
    left join bounded on {{ same_key('turns', 'bounded', key + ['sync_id']) }}
    left join bounded as outs
        on {{ same_key('turns', 'outs', key) }} and turns.out_sync_id = outs.sync_id
    left join bounded as ins
        on {{ same_key('turns', 'ins', key) }} and turns.in_again_sync_id = ins.sync_id
    left join accounts on decisions.account = accounts.account
    left join people_seen
        on {{ same_key('decisions', 'people_seen', ['account', 'campaign', 'identity_key']) }}
    left join kinds_seen
        on
            decisions.account = kinds_seen.account
            and kinds_seen.kind = case
                when decisions.resource_type in ('crm_role', 'crm_territory') then 'crm'
                when decisions.resource_type = 'scim_group' then 'group'
                else 'scim'
            end
    left join all_kinds_seen on decisions.account = all_kinds_seen.account

),

judged as (

    select
        *,
        case
            when decision = 'keep' then 'kept'
            when state = 'not_held' and both_sides_tell then 'carried_out'
            when state = 'held' and in_again_sync_id is not null then 'undone'
            when state = 'held' and (due_at is null or {{ freshsales_identity.freshsales_utc_now() }} <= due_at) then 'pending'
            when state = 'held' and held_at > due_at then 'overdue'
            else 'not_known'
        end as outcome
    from told

)

select
    judged.account,
    judged.campaign,
    judged.identity_key,
    judged.grant_key,
    judged.resource_type,
    judged.resource_name,
    judged.decision,
    judged.reviewer as decided_by,
    judged.decided_at,
    judged.note,
    judged.sync_id as decided_on_sync_id,
    judged.due_at,
    judged.outcome,
    case when judged.outcome in ('carried_out', 'undone') then judged.after_held_sync_id end as carried_out_after_sync_id,
    case when judged.outcome in ('carried_out', 'undone') then judged.out_sync_id end as carried_out_sync_id,
    case when judged.outcome in ('carried_out', 'undone') then out_reads.finished_at end as carried_out_after,
    case when judged.outcome in ('carried_out', 'undone') then judged.out_seen_at end as carried_out_by,
    case when judged.decision <> 'keep' then judged.after_not_held_sync_id end as undone_after_sync_id,
    case when judged.decision <> 'keep' then judged.in_again_sync_id end as undone_sync_id,
    case when judged.decision <> 'keep' then in_reads.finished_at end as undone_after,
    case when judged.decision <> 'keep' then judged.in_again_seen_at end as undone_by,
    cast(
        case
            when judged.outcome = 'carried_out'
                then greatest(0, {{ dbt.datediff('judged.decided_at', 'judged.out_seen_at', 'day') }})
            when judged.outcome in ('pending', 'overdue', 'undone')
                then {{ dbt.datediff('judged.decided_at', freshsales_identity.freshsales_utc_now(), 'day') }}
        end as {{ dbt.type_int() }}
    ) as days_open
from judged
left join reads as out_reads
    on judged.account = out_reads.account and judged.after_held_sync_id = out_reads.sync_id
left join reads as in_reads
    on judged.account = in_reads.account and judged.after_not_held_sync_id = in_reads.sync_id
