{{ config(schema=var('freshsales_marts_schema'), indexes=[]) }}

{% for flag in freshsales_identity.freshsales_review_flags() -%}
select
    {{ loop.index }} as place,
    cast('{{ flag.name }}' as {{ dbt.type_string() }}) as flag,
    {{ flag.weight }} as weight,
    cast('{{ flag.label }}' as {{ dbt.type_string() }}) as label,
    cast('{{ flag.meaning }}' as {{ dbt.type_string() }}) as meaning,
    {{ flag.rests_on_providers | string | lower }} as rests_on_providers,
    {{ flag.calls_for_decision | string | lower }} as calls_for_decision
{{ 'union all' if not loop.last }}
{% endfor %}
