{% macro freshsales_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{#- The text if it is a name: neither an address nor what the person signs in with. -#}
{% macro freshsales_name(column, login) -%}
    case when {{ column }} like '%@%' or {{ column }} = {{ login }} then null else {{ column }} end
{%- endmacro %}

{% macro freshsales_email(column) -%}
    nullif(lower(trim({{ column }})), '')
{%- endmacro %}
