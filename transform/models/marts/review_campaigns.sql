{{ config(schema=var('freshsales_marts_schema')) }}

{%- set subject = ['account', 'campaign', 'identity_key'] %}

with campaigns as (

    select * from {{ ref('stg_freshsales__campaigns') }}

),

scope as (

    select * from {{ ref('stg_freshsales__campaign_scope') }}

),

decided as (

    select * from {{ ref('stg_freshsales__review_decisions') }} where not is_superseded

),

about_people as (

    select account, campaign, identity_key from decided where subject_key = ''

),

-- A decision about a person covers all that they hold.
subjects as (

    select
        scope.account,
        scope.campaign,
        scope.identity_key,
        scope.subject_key,
        case when decided.account is not null or about_people.account is not null then 1 else 0 end as is_decided
    from scope
    left join decided
        on {{ freshsales_identity.freshsales_same('scope', 'decided', subject + ['subject_key']) }}
    left join about_people
        on {{ freshsales_identity.freshsales_same('scope', 'about_people', subject) }}

),

-- And a person is decided if all that they hold is decided.
people as (

    select
        account,
        campaign,
        identity_key,
        max(case when subject_key = '' then is_decided else 0 end) as is_decided_at_once,
        sum(case when subject_key <> '' then 1 else 0 end) as grants_held,
        sum(case when subject_key <> '' then is_decided else 0 end) as grants_decided
    from subjects
    group by account, campaign, identity_key

),

counted as (

    select
        account,
        campaign,
        count(*) as people_in_scope,
        sum(
            case when is_decided_at_once = 1 or (grants_held > 0 and grants_held = grants_decided) then 1 else 0 end
        ) as people_decided,
        sum(grants_held) as grants_in_scope,
        sum(grants_decided) as grants_decided
    from people
    group by account, campaign

),

hashed as (

    select
        account,
        campaign,
        {{ freshsales_identity.freshsales_sha256_of_lines('key_text') }} as population_sha256
    from (
        select
            account,
            campaign,
            case when subject_key = '' then identity_key else identity_key || '{{ "\t" }}' || subject_key end as key_text
        from scope
    ) as keys
    group by account, campaign

),

outcomes as (

    select
        account,
        campaign,
        sum(case when decision <> 'keep' then 1 else 0 end) as to_revoke,
        {%- for outcome in ['kept', 'pending', 'carried_out', 'overdue', 'undone', 'not_known'] %}
        sum(case when outcome = '{{ outcome }}' then 1 else 0 end) as {{ outcome }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('review_outcomes') }}
    group by account, campaign

),

refused as (

    select account, campaign, count(*) as self_decisions_refused
    from {{ ref('stg_freshsales__self_decisions_refused') }}
    group by account, campaign

),

totals as (

    select
        campaigns.*,
        coalesce(counted.people_in_scope, 0) as people_in_scope,
        coalesce(counted.people_decided, 0) as people_decided,
        coalesce(counted.people_in_scope - counted.people_decided, 0) as people_undecided,
        coalesce(counted.grants_in_scope, 0) as grants_in_scope,
        coalesce(counted.grants_decided, 0) as grants_decided,
        coalesce(counted.grants_in_scope - counted.grants_decided, 0) as grants_undecided,
        coalesce(campaigns.population_sha256 = hashed.population_sha256, false) as population_matches
    from campaigns
    left join counted on {{ freshsales_identity.freshsales_same('campaigns', 'counted', ['account', 'campaign']) }}
    left join hashed on {{ freshsales_identity.freshsales_same('campaigns', 'hashed', ['account', 'campaign']) }}

)

select
    totals.account,
    totals.campaign,
    totals.scope,
    totals.opened_at,
    totals.opened_by,
    totals.due_at,
    totals.closed_at,
    totals.closed_by,
    totals.sync_id,
    totals.population_sha256,
    totals.population_matches,
    {%- for kind in ['people', 'grants'] %}
    cast(totals.{{ kind }}_in_scope as {{ dbt.type_bigint() }}) as {{ kind }}_in_scope,
    cast(totals.{{ kind }}_decided as {{ dbt.type_bigint() }}) as {{ kind }}_decided,
    cast(totals.{{ kind }}_undecided as {{ dbt.type_bigint() }}) as {{ kind }}_undecided,
    {%- endfor %}
    {%- for outcome in ['to_revoke', 'kept', 'pending', 'carried_out', 'overdue', 'undone', 'not_known'] %}
    cast(coalesce(outcomes.{{ outcome }}, 0) as {{ dbt.type_bigint() }}) as {{ outcome }},
    {%- endfor %}
    cast(coalesce(refused.self_decisions_refused, 0) as {{ dbt.type_bigint() }}) as self_decisions_refused,
    totals.population_matches and totals.people_undecided = 0 and totals.grants_undecided = 0 as is_complete
from totals
left join outcomes on {{ freshsales_identity.freshsales_same('totals', 'outcomes', ['account', 'campaign']) }}
left join refused on {{ freshsales_identity.freshsales_same('totals', 'refused', ['account', 'campaign']) }}
