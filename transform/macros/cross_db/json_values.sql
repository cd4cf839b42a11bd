{#-
  One row an element of a JSON array: the columns `keys`, and of the element `value` and `display` as text. SCIM's
  multi-valued attributes are arrays of objects (RFC 7643 section 2.4); some servers send bare strings.
-#}
{% macro freshsales_json_values(relation, keys, column) %}
    {{- return(adapter.dispatch('freshsales_json_values', 'freshsales_identity')(relation, keys, column)) -}}
{% endmacro %}

{% macro default__freshsales_json_values(relation, keys, column) %}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot take JSON arrays apart on " ~ target.type) }}
{% endmacro %}

{% macro duckdb__freshsales_json_values(relation, keys, column) %}
    select
        {{ keys | join(', ') }},
        case json_type(item) when 'OBJECT' then item ->> '$.value' else item ->> '$' end as value,
        case json_type(item) when 'OBJECT' then item ->> '$.display' end as display
    from (
        select {{ keys | join(', ') }}, unnest(cast({{ column }} as json[])) as item
        from {{ relation }}
        where json_type({{ column }}) = 'ARRAY'
    ) as items
{% endmacro %}

{% macro postgres__freshsales_json_values(relation, keys, column) %}
    select
        {{ keys | join(', ') }},
        case jsonb_typeof(item) when 'object' then item ->> 'value' else item #>> '{}' end as value,
        case jsonb_typeof(item) when 'object' then item ->> 'display' end as display
    from {{ relation }}
    cross join lateral jsonb_array_elements(
        case jsonb_typeof({{ column }}) when 'array' then {{ column }} else '[]' end
    ) as items (item)
{% endmacro %}

{% macro snowflake__freshsales_json_values(relation, keys, column) %}
    select
        {{ keys | join(', ') }},
        iff(is_object(items.value), items.value:value::varchar, items.value::varchar) as value,
        iff(is_object(items.value), items.value:display::varchar, null) as display
    from {{ relation }},
        lateral flatten(input => iff(is_array({{ column }}), {{ column }}, null)) as items
{% endmacro %}

{% macro bigquery__freshsales_json_values(relation, keys, column) %}
    select
        {{ keys | join(', ') }},
        if(json_type(item) = 'object', json_value(item, '$.value'), json_value(item)) as value,
        if(json_type(item) = 'object', json_value(item, '$.display'), null) as display
    from {{ relation }}
    cross join unnest(json_query_array({{ column }})) as item
{% endmacro %}
