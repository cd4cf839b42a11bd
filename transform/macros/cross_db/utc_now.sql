{#- The current time in UTC, as a timestamp without a zone, like all times in the models. -#}
{% macro freshsales_utc_now() %}{{ return(adapter.dispatch('freshsales_utc_now', 'freshsales_identity')()) }}{% endmacro %}

{% macro default__freshsales_utc_now() %}cast(current_timestamp at time zone 'UTC' as timestamp){% endmacro %}

{% macro snowflake__freshsales_utc_now() %}sysdate(){% endmacro %}

{% macro bigquery__freshsales_utc_now() %}current_timestamp(){% endmacro %}
