{#- One row for each line of a text: the columns `keys`, and `line`. -#}
{% macro freshsales_lines(relation, keys, column) %}
    {{- return(adapter.dispatch('freshsales_lines', 'freshsales_identity')(relation, keys, column)) -}}
{% endmacro %}

{% macro default__freshsales_lines(relation, keys, column) %}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot take lines apart on " ~ target.type) }}
{% endmacro %}

{% macro duckdb__freshsales_lines(relation, keys, column) %}
    select {{ keys | join(', ') }}, unnest(string_split({{ column }}, chr(10))) as line
    from {{ relation }}
    where {{ column }} is not null
{% endmacro %}

{% macro postgres__freshsales_lines(relation, keys, column) %}
    select {{ keys | join(', ') }}, lines.line
    from {{ relation }}
    cross join lateral unnest(string_to_array({{ column }}, chr(10))) as lines (line)
{% endmacro %}

{% macro snowflake__freshsales_lines(relation, keys, column) %}
    select {{ keys | join(', ') }}, lines.value as line
    from {{ relation }}, lateral split_to_table({{ column }}, '\n') as lines
{% endmacro %}

{% macro bigquery__freshsales_lines(relation, keys, column) %}
    select {{ keys | join(', ') }}, line
    from {{ relation }}
    cross join unnest(split({{ column }}, '\n')) as line
{% endmacro %}
