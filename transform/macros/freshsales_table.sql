{#-
  The materialization `table` of dbt, with fewer statements. dbt makes a new table beside the old one, renames both, and
  drops the old one. For most models here, a warehouse spends more time on these statements than on the query. A reader
  sees the same: the old table until the transaction ends, and then the new one. If another project installs this one as
  a package, dbt uses its own materialization.
-#}
{% materialization table, adapter='duckdb' %}
    {{- return(freshsales_identity.freshsales_table()) -}}
{% endmaterialization %}

{% materialization table, adapter='postgres' %}
    {{- return(freshsales_identity.freshsales_table()) -}}
{% endmaterialization %}

{% macro freshsales_table() %}
    {%- set made = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{- adapter.dispatch('freshsales_put_table', 'freshsales_identity')(made, load_cached_relation(this)) -}}
    {% do create_indexes(made) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do apply_grants(made, config.get('grants'), should_revoke=False) %}
    {% do persist_docs(made, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{- return({'relations': [made]}) -}}
{% endmacro %}

{#- In DuckDB, a table can replace only a table; an earlier version had views. -#}
{% macro duckdb__freshsales_put_table(made, there) %}
    {%- if there is not none and not there.is_table -%}
        {%- do adapter.drop_relation(there) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        create or replace table {{ made }} as (
            {{ compiled_code }}
        )
    {%- endcall -%}
{% endmacro %}

{#- The old table is locked only after the new one is filled. -#}
{% macro postgres__freshsales_put_table(made, there) %}
    {%- set beside = make_intermediate_relation(made) -%}
    {%- do drop_relation_if_exists(load_cached_relation(beside)) -%}
    {%- call statement('main') -%}
        {{ get_create_table_as_sql(False, beside, compiled_code) }}
    {%- endcall -%}
    {%- call statement('put') -%}
        {% if there is not none %}drop {{ there.type }} {{ there }} cascade;{% endif %}
        alter table {{ beside }} rename to {{ adapter.quote_as_configured(made.identifier, 'identifier') }}
    {%- endcall -%}
{% endmacro %}
