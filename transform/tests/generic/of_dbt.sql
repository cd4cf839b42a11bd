{#- The test of dbt with this name, but with whole rows: the accounts are read from them (freshsales_tell_failures). -#}
{% test relationships(model, column_name, to, field) %}
select child.*
from (select * from {{ model }}) as child
left join (select * from {{ to }}) as parent on child.{{ column_name }} = parent.{{ field }}
where child.{{ column_name }} is not null and parent.{{ field }} is null
{% endtest %}
