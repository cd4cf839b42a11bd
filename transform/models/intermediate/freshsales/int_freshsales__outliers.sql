{{ config(schema=var('freshsales_staging_schema')) }}

{%- set share = var('freshsales_outlier_share') %}
{%- set least = var('freshsales_outlier_least_peers') %}
{%- set job = ['account', 'department', 'peers_by', 'job'] %}
{%- set thing = ['account', 'resource_type', 'resource_id'] %}
{%- set moved_since = dbt.dateadd('day', -1 * var('freshsales_outlier_move_days'), 'reads.finished_at') %}

with {{ freshsales_identity.freshsales_job_holdings(job, thing) }},

-- Each thing that a person holds, compared with the others of each job of the person.
compared as (

    select
        {{ freshsales_identity.freshsales_columns_of('jobs', job) }},
        jobs.identity_key,
        jobs.distance,
        holdings.resource_type,
        holdings.resource_id,
        holdings.resource_name,
        held_by_job.people - 1 as peers,
        held_by_job.holders - 1 as peers_holding,
        held_by_all.holders - 1 as others_holding
    from jobs
    inner join holdings on jobs.account = holdings.account and jobs.identity_key = holdings.identity_key
    inner join held_by_job
        on
            {{ freshsales_identity.freshsales_same('jobs', 'held_by_job', job) }}
            and {{ freshsales_identity.freshsales_same('holdings', 'held_by_job', thing) }}
    inner join held_by_all on {{ freshsales_identity.freshsales_same('holdings', 'held_by_all', thing) }}

),

judged as (

    select
        *,
        row_number() over (
            partition by account, identity_key, resource_type, resource_id order by distance
        ) as nearness
    from compared
    where peers >= {{ least }}

),

-- A thing is usual if all others with the same title, or with the same role in the department, hold it as well. A role
-- does not make itself usual.
usual as (

    select distinct {{ thing | join(', ') }}, identity_key
    from compared
    where
        peers_by <> 'department'
        and not (peers_by = 'crm_role' and resource_type = 'crm_role')
        and peers >= 2
        and peers_holding = peers

),

rare as (

    select judged.*
    from judged
    left join usual
        on {{ freshsales_identity.freshsales_same('judged', 'usual', thing + ['identity_key']) }}
    where
        judged.nearness = 1
        and judged.peers_holding < {{ share }} * judged.peers
        and usual.identity_key is null

),

-- The home of a thing: most of its holders are in one department, or at least half of a job hold it. A thing that is
-- spread over many jobs, such as the group of a project, has no home, and shows nothing.
homes as (

    select
        {{ freshsales_identity.freshsales_columns_of('held_by_job', job + ['resource_type', 'resource_id']) }},
        held_by_job.people,
        held_by_job.holders
    from held_by_job
    inner join held_by_all on {{ freshsales_identity.freshsales_same('held_by_job', 'held_by_all', thing) }}
    where
        held_by_job.holders >= 2
        and (
            (
                held_by_job.peers_by = 'department'
                and held_by_job.holders >= {{ least }}
                and 5 * held_by_job.holders >= 4 * (held_by_all.holders - 1)
            )
            or (
                2 * held_by_job.holders >= held_by_job.people
                and (
                    held_by_job.people >= {{ least }}
                    or (
                        2 * held_by_job.holders >= held_by_all.holders - 1
                        -- That all holders of a role hold that role says nothing if they are few.
                        and not (held_by_job.peers_by = 'crm_role' and held_by_job.resource_type = 'crm_role')
                    )
                )
            )
        )

),

elsewhere as (

    select
        rare.account,
        rare.identity_key,
        rare.resource_type,
        rare.resource_id,
        homes.department,
        homes.peers_by,
        homes.job,
        homes.people,
        homes.holders,
        row_number() over (
            partition by rare.account, rare.identity_key, rare.resource_type, rare.resource_id
            order by
                homes.holders desc,
                case homes.peers_by when 'department' then 1 when 'title' then 2 else 3 end,
                homes.department,
                homes.job
        ) as place
    from rare
    inner join homes on {{ freshsales_identity.freshsales_same('rare', 'homes', thing) }}
    left join jobs
        on
            rare.identity_key = jobs.identity_key
            and {{ freshsales_identity.freshsales_same('homes', 'jobs', job) }}
    where
        -- The home is no job of this person.
        jobs.identity_key is null
        -- Within the department of the person, another title is another job; another role is not.
        and not (homes.department = rare.department and homes.peers_by <> 'title')

),

reads as (

    select account, max(finished_at) as finished_at
    from {{ ref('base_freshsales__complete_reads') }}
    where stream = 'scim_users'
    group by account

),

moves as (

    select
        changes.account,
        changes.identity_key,
        changes.old_value as moved_from,
        changes.first_seen_at as moved_seen_at,
        row_number() over (
            partition by changes.account, changes.identity_key order by changes.first_seen_at desc, changes.change_key
        ) as age
    from (select * from {{ ref('identity_changes') }}) as changes
    inner join reads on changes.account = reads.account
    where changes.event_type = 'department_changed' and changes.first_seen_at >= {{ moved_since }}

)

select
    rare.account,
    rare.identity_key,
    rare.resource_type,
    rare.resource_id,
    rare.resource_name,
    rare.department,
    rare.peers_by,
    rare.job,
    rare.peers,
    rare.peers_holding,
    rare.others_holding,
    elsewhere.department as home_department,
    -- That all holders of a role hold that role says nothing. So the department counts: how many in it hold the role.
    case when at_home.account is null then elsewhere.peers_by else 'department' end as home_by,
    case when at_home.account is null then elsewhere.job else '' end as home_job,
    coalesce(at_home.people, elsewhere.people) as home_people,
    coalesce(at_home.holders, elsewhere.holders) as home_holders,
    moves.moved_from,
    moves.moved_seen_at
from rare
left join elsewhere
    on
        {{ freshsales_identity.freshsales_same('rare', 'elsewhere', thing + ['identity_key']) }}
        and elsewhere.place = 1
left join held_by_job as at_home
    on
        {{ freshsales_identity.freshsales_same('elsewhere', 'at_home', thing + ['department']) }}
        and elsewhere.peers_by = 'crm_role'
        and elsewhere.resource_type = 'crm_role'
        and at_home.peers_by = 'department'
left join moves
    on rare.account = moves.account and rare.identity_key = moves.identity_key and moves.age = 1
where
    elsewhere.identity_key is not null
    -- Nobody else holds the thing: then only if one among so many others is less than the share.
    or (rare.others_holding = 0 and 1 < {{ share }} * rare.peers)
