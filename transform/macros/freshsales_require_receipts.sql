{#-
  Stops the build where `sync_receipts` is missing or empty: nothing was loaded, or into another place than the one that
  is read here. Models of nothing would say that nobody is there. A single stream may be missing.
-#}
{% macro freshsales_require_receipts() %}
    {%- if execute and flags.INTROSPECT and not flags.EMPTY -%}
        {%- set table = source('freshsales', 'sync_receipts') -%}
        {%- set remedy = "Load first, or name the database and schema that the loader writes into: see \"Run it\" in transform/README.md." -%}
        {%- set loaded = adapter.get_relation(table.database, table.schema, table.identifier) -%}
        {%- if not loaded -%}
            {{ exceptions.raise_compiler_error("There is no table " ~ table ~ ". " ~ remedy) }}
        {%- endif -%}
        {%- set readable = freshsales_identity.freshsales_loaded_columns(loaded) -%}
        {%- if not run_query("select 1 as one from " ~ table ~ " limit 1").rows -%}
            {{ exceptions.raise_compiler_error("The table " ~ table ~ " is empty: no run has finished yet. " ~ remedy) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
