{#- A column as JSON. Text with JSON in it is parsed; any other type (JSON, struct, list) is converted. -#}
{% macro freshsales_as_json(column, is_text) %}
    {{- return(adapter.dispatch('freshsales_as_json', 'freshsales_identity')(column, is_text)) -}}
{% endmacro %}

{% macro default__freshsales_as_json(column, is_text) -%}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot read JSON on " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__freshsales_as_json(column, is_text) -%}
    {{ 'cast(' ~ column ~ ' as json)' if is_text else 'to_json(' ~ column ~ ')' }}
{%- endmacro %}

{% macro postgres__freshsales_as_json(column, is_text) -%}
    {{ 'cast(' ~ column ~ ' as jsonb)' if is_text else 'to_jsonb(' ~ column ~ ')' }}
{%- endmacro %}

{% macro snowflake__freshsales_as_json(column, is_text) -%}
    {{ 'parse_json(' ~ column ~ ')' if is_text else 'to_variant(' ~ column ~ ')' }}
{%- endmacro %}

{% macro bigquery__freshsales_as_json(column, is_text) -%}
    {{ 'parse_json(' ~ column ~ ')' if is_text else 'to_json(' ~ column ~ ')' }}
{%- endmacro %}
