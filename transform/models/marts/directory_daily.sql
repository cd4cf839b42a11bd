{{ config(schema=var('freshsales_marts_schema')) }}

with history as (

    select
        states.account,
        states.identity_key,
        states.sync_id,
        cast(states.seen_at as date) as day,
        states.status,
        coalesce(states.department, '(none)') as department,
        case when states.crm_status <> 'removed' then coalesce(roles.name, '(none)') else '(none)' end as crm_role
    from {{ ref('int_freshsales__identity_history') }} as states
    left join {{ ref('stg_freshsales__roles') }} as roles
        on states.account = roles.account and states.role_id = roles.role_id

),

last_days as (

    select account, cast(max(finished_at) as date) as day
    from {{ ref('base_freshsales__complete_reads') }}
    where stream in ('owners', 'scim_users')
    group by account

),

ends_of_day as (

    select * from (
        select
            *,
            row_number() over (partition by account, identity_key, day order by sync_id desc) as place
        from history
    ) as ranked
    where place = 1

),

spans as (

    select
        account,
        status,
        department,
        crm_role,
        day,
        lead(day) over (partition by account, identity_key order by day) as until_day
    from ends_of_day

),

-- Counted as steps up and down, so that the cost is one of changes and not of people times days.
steps as (

    select account, status, department, crm_role, day, sum(step) as step
    from (
        select account, status, department, crm_role, day, 1 as step from spans
        union all
        select account, status, department, crm_role, until_day, -1 from spans where until_day is not null
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
        lead(day) over (partition by account, status, department, crm_role order by day) as until_day,
        sum(step) over (
            partition by account, status, department, crm_role
            order by day
            rows between unbounded preceding and current row
        ) as head_count
    from steps

),

-- 10,000 days are 27 years.
numbers as (

    {{ dbt.generate_series(10000) }}

),

days as (

    select
        first_days.account,
        cast({{ dbt.dateadd('day', 'cast(numbers.generated_number as int) - 1', 'first_days.day') }} as date) as day
    from (select account, min(day) as day from history group by account) as first_days
    inner join last_days on first_days.account = last_days.account
    inner join numbers
        on numbers.generated_number <= {{ dbt.datediff('first_days.day', 'last_days.day', 'day') }} + 1

)

select
    days.account,
    days.day,
    levels.status,
    levels.department,
    levels.crm_role,
    cast(levels.head_count as {{ dbt.type_int() }}) as head_count
from days
inner join levels
    on
        days.account = levels.account
        and days.day >= levels.day
        and (levels.until_day is null or days.day < levels.until_day)
where levels.head_count > 0
