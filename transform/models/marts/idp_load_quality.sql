{{ config(schema=var('freshsales_marts_schema')) }}

{%- set methods = [
    'app_user_id', 'external_id', 'external_alias', 'employee_number', 'login', 'primary_email', 'any_email', 'earlier_match'
] %}

with users as (

    select
        account,
        source,
        sum(case when has_left then 1 else 0 end) as rows_left,
        sum(case when is_service_account then 1 else 0 end) as service_accounts
    from {{ ref('int_idp__users') }}
    group by account, source

),

matches as (

    select
        account,
        source,
        {% for method in methods -%}
        sum(case when match_method = '{{ method }}' then 1 else 0 end) as matched_by_{{ method }},
        {% endfor -%}
        sum(case when is_ambiguous then 1 else 0 end) as ambiguous
    from {{ ref('int_idp__matches') }}
    where side = 'here'
    group by account, source

)

select
    loads.account,
    loads.source,
    loads.object,
    loads.is_loaded,
    loads.rows,
    loads.newest_loaded_at,
    loads.hours_old,
    loads.absence_counts,
    loads.absence_evidence,
    loads.held_back_load_id,
    loads.events_from,
    {%- for column in ['rows_left', 'service_accounts'] %}
    case when loads.object = 'users' then coalesce(cast(users.{{ column }} as {{ dbt.type_int() }}), 0) end as {{ column }},
    {%- endfor %}
    {%- for method in methods %}
    case when loads.object = 'users' then coalesce(cast(matches.matched_by_{{ method }} as {{ dbt.type_int() }}), 0) end as matched_by_{{ method }},
    {%- endfor %}
    case when loads.object = 'users' then coalesce(cast(matches.ambiguous as {{ dbt.type_int() }}), 0) end as people_ambiguous
from (select * from {{ ref('base_idp__loads') }}) as loads
left join users on loads.account = users.account and loads.source = users.source
left join matches on loads.account = matches.account and loads.source = matches.source
