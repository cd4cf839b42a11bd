{#- The text at the end of `names`, a path of keys into a JSON object. -#}
{% macro freshsales_json_text(json, names) %}
    {{- return(adapter.dispatch('freshsales_json_text', 'freshsales_identity')(json, names)) -}}
{% endmacro %}

{% macro default__freshsales_json_text(json, names) -%}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot read JSON on " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__freshsales_json_text(json, names) -%}
    ({{ json }} ->> '$."{{ names | join('"."') }}"')
{%- endmacro %}

{% macro postgres__freshsales_json_text(json, names) -%}
    ({{ json }} #>> '{"{{ names | join('","') }}"}')
{%- endmacro %}

{% macro snowflake__freshsales_json_text(json, names) -%}
    {{ json }}:"{{ names | join('":"') }}"::varchar
{%- endmacro %}

{% macro bigquery__freshsales_json_text(json, names) -%}
    json_value({{ json }}, '$."{{ names | join('"."') }}"')
{%- endmacro %}
