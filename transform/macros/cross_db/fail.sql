{#-
  A statement that fails with this message. An error that a hook raises by dbt itself would look like a crash of dbt.
-#}
{% macro freshsales_fail(message) %}
    {{- return(adapter.dispatch('freshsales_fail', 'freshsales_identity')(message | replace("'", "''"))) -}}
{% endmacro %}

{% macro default__freshsales_fail(message) %}select cast('{{ message }}' as {{ dbt.type_int() }}){% endmacro %}

{% macro duckdb__freshsales_fail(message) %}select error('{{ message }}'){% endmacro %}
