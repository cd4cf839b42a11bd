{#-
  The first steps of int_freshsales__outliers: who holds what, and how many of the people with each job hold it.

  `identities` and `holdings` are the people and what they hold, `jobs` the jobs of each person, `held_by_job` how many
  of the `people` with a job hold a thing, and `held_by_all` how many people hold it at all. `job` and `thing` are the
  columns that identify a job and a thing.
-#}
{% macro freshsales_job_holdings(job, thing) -%}
-- By which side a person can get in. What a side grants is of no use if that side does not let the person in.
identities as (

    select
        *,
        {{ freshsales_identity.freshsales_lets_in('crm_status') }} as can_use_crm,
        {{ freshsales_identity.freshsales_lets_in('scim_status') }} as can_use_scim
    from {{ ref('identities') }}

),

holdings as (

    select
        entitlements.account,
        entitlements.identity_key,
        entitlements.resource_type,
        entitlements.resource_id,
        max(entitlements.resource_name) as resource_name
    from (select * from {{ ref('identity_entitlements') }}) as entitlements
    inner join identities
        on {{ freshsales_identity.freshsales_same('entitlements', 'identities', ['account', 'identity_key']) }}
    where {{ freshsales_identity.freshsales_is_usable('entitlements', 'identities') }}
    group by
        entitlements.account, entitlements.identity_key, entitlements.resource_type, entitlements.resource_id

),

-- A person has three jobs: by the title, by the roles in the CRM, and by the department alone. The closest peers come
-- first.
jobs as (

    {% for peers_by, job_name in {
        'title': "nullif(lower(trim(title)), '')",
        'crm_role': 'case when can_use_crm then coalesce(crm_role, cast(crm_role_id as ' ~ dbt.type_string() ~ ')) end',
        'department': "''",
    }.items() -%}
    select
        account,
        identity_key,
        department,
        '{{ peers_by }}' as peers_by,
        {{ loop.index }} as distance,
        {{ job_name }} as job,
        crm_is_known,
        memberships_are_known
    from identities
    where can_use_scim and department is not null and {{ job_name }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- If it is not known what a person holds, nobody can say that they do not hold a thing.
sizes as (

    select
        {{ job | join(', ') }},
        count(*) as people,
        sum(case when crm_is_known then 1 else 0 end) as people_of_crm,
        sum(case when memberships_are_known then 1 else 0 end) as people_of_groups
    from jobs
    group by {{ job | join(', ') }}

),

held as (

    select
        {{ freshsales_identity.freshsales_columns_of('jobs', job) }},
        holdings.resource_type,
        holdings.resource_id,
        count(*) as holders,
        sum(
            case
                when
                    case
                        when holdings.resource_type in ('crm_role', 'crm_territory') then jobs.crm_is_known
                        when holdings.resource_type = 'scim_group' then jobs.memberships_are_known
                        else true
                    end
                    then 1
                else 0
            end
        ) as known_holders
    from jobs
    inner join holdings on jobs.account = holdings.account and jobs.identity_key = holdings.identity_key
    group by {{ freshsales_identity.freshsales_columns_of('jobs', job) }}, holdings.resource_type, holdings.resource_id

),

-- A person who is seen to hold a thing counts as a holder, also if it is not known what else they hold.
held_by_job as (

    select
        held.*,
        held.holders - held.known_holders + case
            when held.resource_type in ('crm_role', 'crm_territory') then sizes.people_of_crm
            when held.resource_type = 'scim_group' then sizes.people_of_groups
            else sizes.people
        end as people
    from held
    inner join sizes on {{ freshsales_identity.freshsales_same('held', 'sizes', job) }}

),

held_by_all as (

    select {{ thing | join(', ') }}, count(*) as holders
    from holdings
    group by {{ thing | join(', ') }}

)
{%- endmacro %}
