{#-
  A raw table of a source: the first of `names` that exists, as a dictionary of `relation`, `columns` (name, bare name,
  type, whether it is text) and `types` (their names in the warehouse). `relation` is none if none of them exists. Facts
  that many fields need are found out once, because a provider has many fields.
-#}
{% macro freshsales_idp_table(entry, names) %}
    {%- set types = freshsales_identity.freshsales_idp_types() -%}
    {%- if execute and flags.INTROSPECT -%}
        {%- for name in names -%}
            {%- set relation = adapter.get_relation(entry.database, entry.schema, name) -%}
            {%- if relation -%}
                {%- set columns = [] -%}
                {%- for column in adapter.get_columns_in_relation(relation) -%}
                    {%- set type = column.dtype | lower -%}
                    {%- do columns.append({
                        'name': column.name,
                        'bare': column.name | lower | replace('_', ''),
                        'type': type,
                        'is_text': 'char' in type or 'text' in type or 'string' in type,
                    }) -%}
                {%- endfor -%}
                {{ return({'relation': relation, 'columns': columns, 'types': types}) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return({'relation': none, 'columns': [], 'types': types}) }}
{% endmacro %}

{#-
  A field of the API of the vendor, read from `table` under any name that a loader may give it: `profile.lastLogin` is
  found in the columns `profile__last_login`, `profile_lastlogin`, `profileLastLogin`, and in the JSON or struct column
  `profile`. Loaders differ in letter case and in how they join the parts, so the comparison ignores both. If several
  exist, the first that is not null counts; if none exists, the field is null. `type` is `text`, `timestamp`, `date`,
  `integer`, `boolean` or `json` (JSON is only read from a column of its own).
-#}
{% macro freshsales_idp_field(table, path, type='text') %}
    {%- set parts = path.split('.') -%}
    {%- set found = [] -%}
    {%- for count in range(parts | length, 0, -1) -%}
        {%- set wanted = parts[:count] | join('') | lower | replace('_', '') -%}
        {%- for column in table.columns if column.bare == wanted -%}
            {%- set quoted = adapter.quote(column.name) -%}
            {%- if count < parts | length -%}
                {%- set json = freshsales_identity.freshsales_as_json(quoted, column.is_text) -%}
                {%- set value = freshsales_identity.freshsales_json_text(json, parts[count:]) -%}
                {%- do found.append(freshsales_identity.freshsales_idp_cast(value, table.types, {'is_text': true}, type)) -%}
            {%- elif type == 'json' -%}
                {%- do found.append(freshsales_identity.freshsales_as_json(quoted, column.is_text)) -%}
            {%- else -%}
                {%- do found.append(freshsales_identity.freshsales_idp_cast(quoted, table.types, column, type)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if found | length == 0 -%}
        {{ return('cast(null as ' ~ table.types[type] ~ ')') }}
    {%- elif found | length == 1 -%}
        {{ return(found[0]) }}
    {%- endif -%}
    {{ return('coalesce(' ~ found | join(', ') ~ ')') }}
{% endmacro %}

{% macro freshsales_idp_types() %}
    {{ return({
        'text': dbt.type_string(),
        'integer': dbt.type_bigint(),
        'boolean': dbt.type_boolean(),
        'timestamp': dbt.type_timestamp(),
        'date': 'date',
        'json': freshsales_identity.freshsales_type_json(),
    }) }}
{% endmacro %}

{#- `value`, of the type of `column`, as one of the types above. Text that is no date or time becomes null. -#}
{% macro freshsales_idp_cast(value, types, column, type) %}
    {%- set text = "nullif(trim(cast(" ~ value ~ " as " ~ types.text ~ ")), '')" -%}
    {%- set iso = "'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" -%}
    {%- if type == 'text' -%}
        {{ return(text) }}
    {%- elif type == 'boolean' -%}
        {{ return("case when lower(" ~ text ~ ") in ('true', 't', '1', 'yes') then true when lower(" ~ text ~ ") in ('false', 'f', '0', 'no') then false end") }}
    {%- elif type == 'integer' -%}
        {{ return("cast(" ~ value ~ " as " ~ types.integer ~ ")") }}
    {%- elif type == 'date' -%}
        {%- if column.is_text -%}
            {{ return("case when " ~ text ~ " ~ " ~ iso ~ ".*$' then cast(substr(" ~ text ~ ", 1, 10) as date) end") }}
        {%- endif -%}
        {{ return("cast(" ~ value ~ " as date)") }}
    {%- endif -%}
    {%- if column.is_text -%}
        {#- A cast to a time without a zone drops the offset. So the zone is read; a time without a zone is in UTC. -#}
        {{ return(
            "case when " ~ text ~ " ~ " ~ iso ~ "[T ].*:.*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$' then cast("
            ~ text ~ " as timestamp with time zone) at time zone 'UTC' when "
            ~ text ~ " ~ " ~ iso ~ ".*$' then cast(" ~ text ~ " as timestamp) end"
        ) }}
    {%- elif 'with time zone' in column.type or 'timestamptz' in column.type -%}
        {{ return("cast(" ~ value ~ " at time zone 'UTC' as " ~ types.timestamp ~ ")") }}
    {%- endif -%}
    {{ return("cast(" ~ value ~ " as " ~ types.timestamp ~ ")") }}
{% endmacro %}
