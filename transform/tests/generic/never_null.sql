{#-
  All columns of a model that are never null, in one test: dbt's own `not_null` takes one column, and a build spends
  more time on each test than on its query. The message names the columns, because dbt shows a number of rows alone.
-#}
{% test never_null(model, columns) %}
{%- if execute and flags.WHICH in ['build', 'test'] %}
    {%- set counting %}
        select {% for column in columns %}count(*) - count({{ column }}) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ model }}
    {%- endset %}
    {%- set told = [] %}
    {%- for nulls in run_query(counting).rows[0] %}
        {%- do told.append(columns[loop.index0] ~ ' is null in ' ~ nulls ~ (' row' if nulls == 1 else ' rows')) if nulls %}
    {%- endfor %}
    {%- if told %}
        {{- exceptions.raise_compiler_error(model ~ " has no value where it needs one: " ~ told | join(', ') ~ ".") }}
    {%- endif %}
{%- endif %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
