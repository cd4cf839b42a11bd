{#- One row for each day of the span of a row, with both ends: the columns `keys`, and `day`. -#}
{% macro freshsales_days(relation, keys, first_day, last_day) %}
    {{- return(adapter.dispatch('freshsales_days', 'freshsales_identity')(relation, keys, first_day, last_day)) -}}
{% endmacro %}

{% macro default__freshsales_days(relation, keys, first_day, last_day) %}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot list days on " ~ target.type) }}
{% endmacro %}

{% macro duckdb__freshsales_days(relation, keys, first_day, last_day) %}
    select
        {{ keys | join(', ') }},
        cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date) as day
    from {{ relation }}
{% endmacro %}

{% macro postgres__freshsales_days(relation, keys, first_day, last_day) %}
    select {{ keys | join(', ') }}, cast(days.day as date) as day
    from {{ relation }}
    cross join lateral generate_series({{ first_day }}, {{ last_day }}, interval '1 day') as days (day)
{% endmacro %}

{% macro snowflake__freshsales_days(relation, keys, first_day, last_day) %}
    select {{ keys | join(', ') }}, dateadd(day, days.value, {{ first_day }})::date as day
    from {{ relation }},
        lateral flatten(input => array_generate_range(0, datediff(day, {{ first_day }}, {{ last_day }}) + 1)) as days
{% endmacro %}

{% macro bigquery__freshsales_days(relation, keys, first_day, last_day) %}
    select {{ keys | join(', ') }}, day
    from {{ relation }}
    cross join unnest(generate_date_array({{ first_day }}, {{ last_day }})) as day
{% endmacro %}
