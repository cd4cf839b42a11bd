{#-
  One row for each element of a JSON array: the columns `keys`, and the first and the second of `names` as text.

  `names` are attributes of elements that are objects. Of any other element, the first is the element itself: the
  multi-valued attributes of SCIM are arrays of objects (RFC 7643 section 2.4), and some servers send plain strings.
  Names of attributes are found in any letter case (section 2.1), because rows of an older tap have them as the server
  sent them.
-#}
{% macro freshsales_json_values(relation, keys, column, names=['value', 'display']) %}
    {{- return(adapter.dispatch('freshsales_json_values', 'freshsales_identity')(relation, keys, column, names)) -}}
{% endmacro %}

{% macro default__freshsales_json_values(relation, keys, column, names) %}
    {{ exceptions.raise_compiler_error("freshsales_identity cannot take JSON arrays apart on " ~ target.type) }}
{% endmacro %}

{% macro duckdb__freshsales_json_values(relation, keys, column, names) %}
    select
        {{ keys | join(', ') }},
        case json_type(item)
            when 'OBJECT' then item ->> [name for name in json_keys(item) if lower(name) = '{{ names[0] }}'][1]
            else item ->> '$'
        end as {{ names[0] }},
        case json_type(item)
            when 'OBJECT' then item ->> [name for name in json_keys(item) if lower(name) = '{{ names[1] }}'][1]
        end as {{ names[1] }}
    from (
        select {{ keys | join(', ') }}, unnest(cast({{ column }} as json[])) as item
        from {{ relation }}
        where json_type({{ column }}) = 'ARRAY'
    ) as items
{% endmacro %}

{% macro postgres__freshsales_json_values(relation, keys, column, names) %}
    select
        {{ keys | join(', ') }},
        case jsonb_typeof(item)
            when 'object' then (select max(value) from jsonb_each_text(item) where lower(key) = '{{ names[0] }}')
            else item #>> '{}'
        end as {{ names[0] }},
        case jsonb_typeof(item)
            when 'object' then (select max(value) from jsonb_each_text(item) where lower(key) = '{{ names[1] }}')
        end as {{ names[1] }}
    from {{ relation }}
    cross join lateral jsonb_array_elements(
        case jsonb_typeof({{ column }}) when 'array' then {{ column }} else '[]' end
    ) as items (item)
{% endmacro %}

{% macro snowflake__freshsales_json_values(relation, keys, column, names) %}
    select
        {{ keys | join(', ') }},
        iff(is_object(items.value), items.value:{{ names[0] }}::varchar, items.value::varchar) as {{ names[0] }},
        iff(is_object(items.value), items.value:{{ names[1] }}::varchar, null) as {{ names[1] }}
    from {{ relation }},
        lateral flatten(input => iff(is_array({{ column }}), {{ column }}, null)) as items
{% endmacro %}

{% macro bigquery__freshsales_json_values(relation, keys, column, names) %}
    select
        {{ keys | join(', ') }},
        if(json_type(item) = 'object', json_value(item, '$.{{ names[0] }}'), json_value(item)) as {{ names[0] }},
        if(json_type(item) = 'object', json_value(item, '$.{{ names[1] }}'), null) as {{ names[1] }}
    from {{ relation }}
    cross join unnest(json_query_array({{ column }})) as item
{% endmacro %}
