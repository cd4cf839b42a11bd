{#-
  Hooks before and after each model, which keep the planner of a warehouse from a plan whose cost grows with the square of
  the rows; nothing where it needs none. PostgreSQL takes a table without statistics, and a join over several columns, for
  a few rows, and then joins row by row.
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
