{#-
  The rows that earlier builds have written into the model, with exactly these columns: `columns` maps a name to its
  type. There are none on the first build. A column that the table does not have yet is null.
-#}
{% macro freshsales_remembered(columns) %}
    {%- set there = freshsales_identity.freshsales_columns_there() if is_incremental() else [] -%}
    select
        {%- for name, type in columns.items() %}
        {{ name if name in there else 'cast(null as ' ~ type ~ ')' }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if is_incremental() %}
    from {{ this }}
    {%- else %}
    from (select 1 as one) as nothing
    where false
    {%- endif %}
{% endmacro %}

{#- The columns that the table of the model has before this build adds any. -#}
{% macro freshsales_columns_there() %}
    {{- return(adapter.get_columns_in_relation(this) | map(attribute='name') | map('lower') | list) -}}
{% endmacro %}
