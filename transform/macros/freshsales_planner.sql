{#-
  Hooks before and after each model. They keep the planner of a warehouse from plans whose cost grows with the square of
  the rows. A warehouse that does not need them gets none. PostgreSQL expects only a few rows from a table without
  statistics, and from a join over several columns, and then joins row by row.
-#}
{% macro freshsales_before_model() %}
    {{- return(adapter.dispatch('freshsales_before_model', 'freshsales_identity')()) -}}
{% endmacro %}

{% macro default__freshsales_before_model() %}{% endmacro %}

{% macro postgres__freshsales_before_model() %}set local enable_nestloop = off{% endmacro %}

{% macro freshsales_after_model() %}
    {{- return(adapter.dispatch('freshsales_after_model', 'freshsales_identity')()) -}}
{% endmacro %}

{% macro default__freshsales_after_model() %}{% endmacro %}

{% macro postgres__freshsales_after_model() %}analyze {{ this }}{% endmacro %}
