{{ config(schema=var('freshsales_marts_schema')) }}

{% for flag in freshsales_identity.freshsales_review_flags() -%}
select
    account,
    identity_key,
    cast('{{ flag.name }}' as {{ dbt.type_string() }}) as flag,
    {{ flag.name }} as is_raised
from {{ ref('access_review') }}
where {{ flag.name }} or {{ flag.name }} is null
{{ 'union all' if not loop.last }}
{% endfor %}
