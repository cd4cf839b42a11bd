{#-
  A query for the runs (account, sync_id) that were made with another key for pseudonyms than the first run of their
  account, or nothing where there are none. In such a run everybody has another name and another address, and those whose
  rows only one of the runs has would match nobody.
-#}
{% macro freshsales_runs_of_another_key() %}
    {%- if not execute or not flags.INTROSPECT or flags.EMPTY -%}{{- return(none) -}}{%- endif -%}
    {%- set table = source('freshsales', 'sync_receipts') -%}
    {%- set loaded = adapter.get_relation(table.database, table.schema, table.identifier) -%}
    {%- if not loaded or 'pseudonym_key_fingerprint' not in freshsales_identity.freshsales_loaded_columns(loaded) -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set key = "coalesce(pseudonym_key_fingerprint, '')" -%}
    {#- The costly query stands only where this one, which is not, has found something. -#}
    {%- if not run_query(
        "select account from " ~ table ~ " group by account having min(" ~ key ~ ") <> max(" ~ key ~ ") limit 1"
    ).rows -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return(
        "select distinct account, sync_id from (select account, sync_id, " ~ key ~ " as used_key, first_value(" ~ key
        ~ ") over (partition by account order by sync_id) as first_key from " ~ table ~ ") as keyed where used_key <> first_key"
    ) -}}
{% endmacro %}
