{#-
  Steps of a history that hold the rows of a few accounts alone: those of the step `accounts_looked_at`, which stands
  before them. `relations` maps the name of a step to what its rows are taken from.

  An account that was not read since the last build tells a history nothing new: without it, one account that was read
  costs what it costs alone, however many there are.
-#}
{% macro freshsales_looked_at(relations) -%}
{% for name, relation in relations.items() -%}
{{ name }} as (

    select of_all.*
    from (select * from {{ relation }}) as of_all
    inner join accounts_looked_at on of_all.account = accounts_looked_at.account

){{ ',\n\n' if not loop.last }}
{%- endfor %}
{%- endmacro %}
