{#- A text of seconds since 1970, as a time in UTC; null for any other text. dlt gives its loads such names. -#}
{% macro freshsales_epoch(seconds) %}
    {{- return(adapter.dispatch('freshsales_epoch', 'freshsales_identity')(seconds)) -}}
{% endmacro %}

{% macro default__freshsales_epoch(seconds) -%}
    case when {{ seconds }} ~ '^[0-9]+([.][0-9]+)?$' then cast(to_timestamp(cast({{ seconds }} as double precision)) at time zone 'UTC' as timestamp) end
{%- endmacro %}

{% macro snowflake__freshsales_epoch(seconds) -%}
    to_timestamp_ntz(try_to_number({{ seconds }}, 38, 6))
{%- endmacro %}

{% macro bigquery__freshsales_epoch(seconds) -%}
    timestamp_micros(cast(safe_cast({{ seconds }} as numeric) * 1000000 as int64))
{%- endmacro %}
