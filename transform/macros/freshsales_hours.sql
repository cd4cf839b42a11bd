{#- The hours from one time to another, as a decimal number, exact to the second. -#}
{% macro freshsales_hours(first, second) -%}
    cast({{ dbt.datediff(first, second, 'second') }} / 3600.0 as {{ dbt.type_numeric() }})
{%- endmacro %}
