{#-
  Steps of a history with the rows of a few accounts only: those of the step `accounts_looked_at`, which comes before
  them. `relations` maps the name of a step to the relation that its rows come from.

  If an account was not read since the last build, it has nothing new for a history. So the cost of a build depends on
  the accounts that were read, not on all accounts.
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
