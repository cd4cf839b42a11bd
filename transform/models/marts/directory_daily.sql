{{ config(schema=var('freshsales_marts_schema')) }}

with history as (

    select
        account,
        identity_key,
        revision,
        observation,
        cast(seen_at as date) as day,
        status,
        coalesce(department, '(none)') as department,
        case when crm_status <> 'removed' then coalesce(crm_role, '(none)') else '(none)' end as crm_role
    from {{ ref('int_freshsales__identity_history') }}
    where observation <> 'read'

),

last_days as (

    select account, cast(max(finished_at) as date) as day
    from {{ ref('base_freshsales__complete_reads') }}
    where stream in ('owners', 'scim_users')
    group by account

),

last_of_day as (

    select account, identity_key, day, max(revision) as revision
    from history
    group by account, identity_key, day

),

spans as (

    select
        history.account,
        history.observation,
        history.status,
        history.department,
        history.crm_role,
        history.day,
        lead(history.day) over (partition by history.account, history.identity_key order by history.day) as until_day
    from history
    inner join last_of_day
        on {{ freshsales_identity.freshsales_same('history', 'last_of_day', ['account', 'identity_key', 'day', 'revision']) }}

),

-- Counted as steps up and down. So the cost depends on the number of changes, not on people times days.
steps as (

    select account, status, department, crm_role, day, sum(step) as step
    from (
        select account, status, department, crm_role, day, 1 as step from spans where observation = 'state'
        union all
        select account, status, department, crm_role, until_day, -1
        from spans
        where observation = 'state' and until_day is not null
    ) as all_steps
    group by account, status, department, crm_role, day

),

levels as (

    select
        account,
        status,
        department,
        crm_role,
        day,
        lead(day) over (partition by account, status, department, crm_role order by day) as next_day,
        sum(step) over (
            partition by account, status, department, crm_role
            order by day
            rows between unbounded preceding and current row
        ) as head_count
    from steps

),

level_spans as (

    select
        levels.account,
        levels.status,
        levels.department,
        levels.crm_role,
        levels.head_count,
        levels.day as first_day,
        coalesce(cast({{ dbt.dateadd('day', -1, 'levels.next_day') }} as date), last_days.day) as last_day
    from levels
    inner join last_days on levels.account = last_days.account
    where levels.head_count > 0

),

days as (

    {{ freshsales_identity.freshsales_days(
        'level_spans', ['account', 'status', 'department', 'crm_role', 'head_count'], 'first_day', 'last_day'
    ) }}

)

select
    account,
    day,
    status,
    department,
    crm_role,
    cast(head_count as {{ dbt.type_int() }}) as head_count
from days
