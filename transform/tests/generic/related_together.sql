{#- The `relationships` of dbt takes keys of one column only. -#}
{% test related_together(model, columns, to) %}
select distinct {% for column in columns %}child.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
from (select * from {{ model }}) as child
left join (select * from {{ to }}) as parent
    on {% for column in columns %}child.{{ column }} = parent.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
where parent.{{ columns[0] }} is null
{% endtest %}
