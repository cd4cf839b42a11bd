{#-
  All columns of a model that are never null, in one test: dbt's own `not_null` takes one column, and a build spends
  more time on each test than on its query. `told` names the columns.
-#}
{% test never_null(model, columns) %}
select
    failing.*,
    'lacks{% for column in columns %}' || case when failing.{{ column }} is null then ' {{ column }}' else '' end || '{% endfor %}' as told
from (select * from {{ model }}) as failing
where {% for column in columns %}failing.{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
