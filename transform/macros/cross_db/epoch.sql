{#- Seconds since 1970, as text, as a time in UTC; other text is null. dlt names its loads so. -#}
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
