{#-
  The names of all columns of a raw table, in lower case. A column that may not be read is an error. Otherwise it would
  look as if it had never been loaded, and would be null in every row.
-#}
{% macro freshsales_loaded_columns(table) %}
    {{- return(adapter.dispatch('freshsales_loaded_columns', 'freshsales_identity')(table)) -}}
{% endmacro %}

{% macro default__freshsales_loaded_columns(table) %}
    {{- return(adapter.get_columns_in_relation(table) | map(attribute='name') | map('lower') | list) -}}
{% endmacro %}

{#- dbt asks information_schema, which leaves out what the role may not read. -#}
{% macro postgres__freshsales_loaded_columns(table) %}
    {%- set columns = run_query(
        "select attribute.attname, has_schema_privilege(space.oid, 'usage')"
        ~ " and has_column_privilege(relation.oid, attribute.attnum, 'select')"
        ~ " from pg_catalog.pg_attribute as attribute"
        ~ " inner join pg_catalog.pg_class as relation on attribute.attrelid = relation.oid"
        ~ " inner join pg_catalog.pg_namespace as space on relation.relnamespace = space.oid"
        ~ " where attribute.attnum > 0 and not attribute.attisdropped"
        ~ " and space.nspname = " ~ dbt.string_literal(dbt.escape_single_quotes(table.schema))
        ~ " and relation.relname = " ~ dbt.string_literal(dbt.escape_single_quotes(table.identifier))
        ~ " order by attribute.attnum"
    ).rows -%}
    {%- set denied = columns | rejectattr(1) | map(attribute=0) | list -%}
    {%- if denied -%}
        {{ exceptions.raise_compiler_error("Permission denied: the role " ~ target.user ~ " may not read " ~ table ~ ", column " ~ denied | join(', ') ~ ". Grant it usage of the schema and select on the table.") }}
    {%- endif -%}
    {{- return(columns | map(attribute=0) | map('lower') | list) -}}
{% endmacro %}
