{{ config(schema=var('freshsales_staging_schema')) }}

{%- set types = {'contact': 'contacts', 'deal': 'deals', 'sales_account': 'accounts'} %}

with counts as (

    select * from {{ ref('stg_freshsales__owned_records') }}

),

accounts as (

    select * from {{ ref('int_freshsales__accounts') }}

),

-- A run that broke off may have asked for some types only.
asked as (

    {% for type, words in types.items() -%}
    select distinct account, owner_id, '{{ type }}' as record_type, '{{ words }}' as records
    from counts
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- A count that is older than the owner's state tells of another time.
current_counts as (

    select
        asked.account,
        asked.owner_id,
        asked.record_type,
        asked.records,
        case when counts.sync_id >= coalesce(accounts.last_crm_sync_id, '') then counts.records_owned end
            as records_owned,
        case
            when counts.sync_id >= coalesce(accounts.last_crm_sync_id, '') then counts.unknown_reason
            else 'too_old: not counted since the last complete read of owners'
        end as unknown_reason
    from asked
    left join counts
        on {{ freshsales_identity.freshsales_same('asked', 'counts', ['account', 'owner_id', 'record_type']) }}
    left join accounts on asked.account = accounts.account

),

-- Without its first word, which is for programs.
reasons as (

    select
        account,
        owner_id,
        concat(
            {{ dbt.listagg('records', "', '", 'order by records') }},
            ': ',
            substr(unknown_reason, {{ dbt.position("': '", 'unknown_reason') }} + 2)
        ) as reason
    from current_counts
    where records_owned is null
    group by account, owner_id, unknown_reason

),

unknown as (

    select account, owner_id, {{ dbt.listagg('reason', "'; '", 'order by reason') }} as records_owned_unknown
    from reasons
    group by account, owner_id

),

totals as (

    select
        account,
        owner_id,
        {% for type, words in types.items() -%}
        max(case when record_type = '{{ type }}' then records_owned end) as {{ words }}_owned{{ ',' if not loop.last }}
        {% endfor %}
    from current_counts
    group by account, owner_id

)

select
    totals.account,
    totals.owner_id,
    totals.contacts_owned + totals.deals_owned + totals.accounts_owned as records_owned,
    totals.contacts_owned,
    totals.deals_owned,
    totals.accounts_owned,
    unknown.records_owned_unknown
from totals
left join unknown on {{ freshsales_identity.freshsales_same('totals', 'unknown', ['account', 'owner_id']) }}
