{#- From a JSON array of objects: `wanted` of the first object whose `name` is `value`, as text. -#}
{% macro freshsales_json_pick(json, name, value, wanted) %}
    {{- return(adapter.dispatch('freshsales_json_pick', 'freshsales_identity')(json, name, value, wanted)) -}}
{% endmacro %}

{% macro default__freshsales_json_pick(json, name, value, wanted) -%}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot take JSON arrays apart on " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__freshsales_json_pick(json, name, value, wanted) -%}
    [item ->> '{{ wanted }}' for item in case json_type({{ json }}) when 'ARRAY' then cast({{ json }} as json[]) end if item ->> '{{ name }}' = '{{ value }}'][1]
{%- endmacro %}

{% macro postgres__freshsales_json_pick(json, name, value, wanted) -%}
    (
        select item ->> '{{ wanted }}'
        from jsonb_array_elements(case jsonb_typeof({{ json }}) when 'array' then {{ json }} else '[]' end)
            with ordinality as items (item, place)
        where item ->> '{{ name }}' = '{{ value }}'
        order by place
        limit 1
    )
{%- endmacro %}

{% macro snowflake__freshsales_json_pick(json, name, value, wanted) -%}
    filter({{ json }}::array, item -> item:{{ name }}::varchar = '{{ value }}')[0]:{{ wanted }}::varchar
{%- endmacro %}

{% macro bigquery__freshsales_json_pick(json, name, value, wanted) -%}
    (
        select json_value(item, '$.{{ wanted }}')
        from unnest(json_query_array({{ json }})) as item with offset as place
        where json_value(item, '$.{{ name }}') = '{{ value }}'
        order by place
        limit 1
    )
{%- endmacro %}
