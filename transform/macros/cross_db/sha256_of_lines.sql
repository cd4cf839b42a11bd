{#- Aggregate: SHA-256 in hex of the values, sorted by their UTF-8 bytes and joined by newlines. -#}
{% macro freshsales_sha256_of_lines(value) %}
    {{- return(adapter.dispatch('freshsales_sha256_of_lines', 'freshsales_identity')(value)) -}}
{% endmacro %}

{% macro default__freshsales_sha256_of_lines(value) %}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot compute SHA-256 on " ~ target.type) }}
{% endmacro %}

{% macro duckdb__freshsales_sha256_of_lines(value) -%}
    sha256(string_agg({{ value }}, chr(10) order by encode({{ value }})))
{%- endmacro %}

{% macro postgres__freshsales_sha256_of_lines(value) -%}
    encode(sha256(convert_to(string_agg({{ value }}, chr(10) order by {{ value }} collate "C"), 'UTF8')), 'hex')
{%- endmacro %}

{#- listagg fails for an account whose keys are more than 128 MB of text. -#}
{% macro snowflake__freshsales_sha256_of_lines(value) -%}
    sha2(listagg({{ value }}, '\n') within group (order by to_binary({{ value }}, 'UTF-8')), 256)
{%- endmacro %}

{% macro bigquery__freshsales_sha256_of_lines(value) -%}
    to_hex(sha256(string_agg({{ value }}, '\n' order by cast({{ value }} as bytes))))
{%- endmacro %}
