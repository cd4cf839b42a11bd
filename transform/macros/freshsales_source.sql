{#-
  The columns of a raw table, cast. A table or column that was never loaded counts as empty. `columns` maps a name to
  `text`, `integer`, `boolean`, `timestamp` or `json`. With --no-introspect, all columns are taken to be there.

  Of Freshsales, the rows of a run that was made with another key for pseudonyms are left out.
-#}
{% macro freshsales_source(stream, columns, source_name='freshsales') %}
    {%- set types = {
        'text': dbt.type_string(),
        'integer': dbt.type_bigint(),
        'boolean': dbt.type_boolean(),
        'timestamp': dbt.type_timestamp(),
        'json': freshsales_identity.freshsales_type_json(),
    } -%}
    {%- set table = source(source_name, stream) -%}
    {%- if execute and flags.INTROSPECT -%}
        {%- set loaded = adapter.get_relation(table.database, table.schema, table.identifier) -%}
        {%- set there = freshsales_identity.freshsales_loaded_columns(loaded) if loaded else [] -%}
    {%- else -%}
        {%- set loaded = table -%}
        {%- set there = columns.keys() | list -%}
    {%- endif %}
    select
        {%- for name, type in columns.items() %}
        cast({{ name if name in there else 'null' }} as {{ types[type] }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if loaded %}
    from (select * from {{ table }}) as loaded
    {%- if source_name == 'freshsales' and 'account' in there and 'sync_id' in there %}
    {%- set refused = freshsales_identity.freshsales_runs_of_another_key() -%}
    {%- if refused %}
    where not exists (
        select 1 from ({{ refused }}) as refused
        where refused.account = loaded.account and refused.sync_id = loaded.sync_id
    )
    {%- endif %}
    {%- endif %}
    {%- else %}
    from (select 1 as one) as nothing
    where false
    {%- endif %}
{% endmacro %}
