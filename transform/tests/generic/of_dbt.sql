{#- dbt's own tests of these names, with whole rows: the accounts are told from them (freshsales_tell_failures). -#}
{% test accepted_values(model, column_name, values) %}
select * from {{ model }} where {{ column_name }} not in ({{ freshsales_identity.freshsales_texts(values) }})
{% endtest %}

{% test relationships(model, column_name, to, field) %}
select child.*
from (select * from {{ model }}) as child
left join (select * from {{ to }}) as parent on child.{{ column_name }} = parent.{{ field }}
where child.{{ column_name }} is not null and parent.{{ field }} is null
{% endtest %}
