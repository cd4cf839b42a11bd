{#-
  Runs before a build appends to a history. If the history has a row more than once, by the `meta.key` of the model, all
  copies but the first are deleted. Two builds that overlap would write rows twice; so if the warehouse lets several
  builds write at a time, the second one waits for the first. Only these two warehouses number their rows. On others
  nothing is deleted, and the tests of the histories report such rows.
-#}
{% macro freshsales_mend_history() %}
    {%- set there = load_cached_relation(this) -%}
    {%- if execute and there is not none and there.is_table -%}
        {%- set key = [] -%}
        {%- for column in adapter.get_columns_in_relation(this) if column.name | lower in config.get('meta').key -%}
            {%- do key.append(column.name) -%}
        {%- endfor -%}
        {{- adapter.dispatch('freshsales_mend_history', 'freshsales_identity')(this, key | join(', ')) -}}
    {%- endif -%}
{% endmacro %}

{% macro default__freshsales_mend_history(relation, key) %}select 1 as nothing{% endmacro %}

{% macro duckdb__freshsales_mend_history(relation, key) -%}
    delete from {{ relation }}
    where rowid in (
        select id
        from (select rowid as id, row_number() over (partition by {{ key }} order by rowid) as place from {{ relation }}) as numbered
        where place > 1
    )
{%- endmacro %}

{% macro postgres__freshsales_mend_history(relation, key) -%}
    lock table {{ relation }} in share row exclusive mode;
    delete from {{ relation }}
    where ctid in (
        select id
        from (select ctid as id, row_number() over (partition by {{ key }} order by ctid) as place from {{ relation }}) as numbered
        where place > 1
    )
{%- endmacro %}
