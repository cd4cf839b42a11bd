{#- The type that loaders use for nested columns. -#}
{% macro freshsales_type_json() %}{{ return(adapter.dispatch('freshsales_type_json', 'freshsales_identity')()) }}{% endmacro %}

{% macro default__freshsales_type_json() %}json{% endmacro %}

{% macro postgres__freshsales_type_json() %}jsonb{% endmacro %}

{% macro snowflake__freshsales_type_json() %}variant{% endmacro %}
