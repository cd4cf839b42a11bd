{#-
  A raw table of a source: the first of `names` that is there, as a dictionary of `relation` and `columns` (name and
  type). `relation` is none where none of them is there.
-#}
{% macro freshsales_idp_table(entry, names) %}
    {%- if execute and flags.INTROSPECT -%}
        {%- for name in names -%}
            {%- set relation = adapter.get_relation(entry.database, entry.schema, name) -%}
            {%- if relation -%}
                {%- set columns = [] -%}
                {%- for column in adapter.get_columns_in_relation(relation) -%}
                    {%- do columns.append({'name': column.name, 'type': column.dtype | lower}) -%}
                {%- endfor -%}
                {{ return({'relation': relation, 'columns': columns}) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return({'relation': none, 'columns': []}) }}
{% endmacro %}

{#- A name without what loaders disagree on: letter case, and how the parts are joined. -#}
{% macro freshsales_idp_bare(name) %}{{ return(name | lower | replace('_', '') | replace('.', '')) }}{% endmacro %}

{% macro freshsales_idp_is_text(type) %}{{ return('char' in type or 'text' in type or 'string' in type) }}{% endmacro %}

{#-
  A field of the vendor's API, read from `table` whatever a loader made of its name: `profile.lastLogin` is found in
  the columns `profile__last_login`, `profile_lastlogin`, `profileLastLogin` and in the JSON or struct column
  `profile`. Where several are there, the first that is not null counts; where none is, the field is null.
  `type` is `text`, `timestamp`, `date`, `boolean` or `json` (JSON is only read from a column of its own).
-#}
{% macro freshsales_idp_field(table, path, type='text') %}
    {%- set parts = path.split('.') -%}
    {%- set found = [] -%}
    {%- for count in range(parts | length, 0, -1) -%}
        {%- set wanted = freshsales_identity.freshsales_idp_bare(parts[:count] | join('.')) -%}
        {%- for column in table.columns if freshsales_identity.freshsales_idp_bare(column.name) == wanted -%}
            {%- set quoted = adapter.quote(column.name) -%}
            {%- set is_text = freshsales_identity.freshsales_idp_is_text(column.type) -%}
            {%- if count < parts | length -%}
                {%- set value = freshsales_identity.freshsales_json_text(
                    freshsales_identity.freshsales_as_json(quoted, is_text), parts[count:]
                ) -%}
                {%- do found.append(freshsales_identity.freshsales_idp_cast(value, 'text', type)) -%}
            {%- elif type == 'json' -%}
                {%- do found.append(freshsales_identity.freshsales_as_json(quoted, is_text)) -%}
            {%- else -%}
                {%- do found.append(freshsales_identity.freshsales_idp_cast(quoted, column.type, type)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if found | length == 0 -%}
        {{ return('cast(null as ' ~ freshsales_identity.freshsales_idp_type(type) ~ ')') }}
    {%- elif found | length == 1 -%}
        {{ return(found[0]) }}
    {%- endif -%}
    {{ return('coalesce(' ~ found | join(', ') ~ ')') }}
{% endmacro %}

{% macro freshsales_idp_type(type) %}
    {{ return({
        'text': dbt.type_string(),
        'integer': dbt.type_bigint(),
        'boolean': dbt.type_boolean(),
        'timestamp': dbt.type_timestamp(),
        'date': 'date',
        'json': freshsales_identity.freshsales_type_json(),
    }[type]) }}
{% endmacro %}

{#- `value` of the database type `from_type` as one of the types above. Text that is no date or time becomes null. -#}
{% macro freshsales_idp_cast(value, from_type, type) %}
    {%- set text = "nullif(trim(cast(" ~ value ~ " as " ~ dbt.type_string() ~ ")), '')" -%}
    {%- set iso = "'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" -%}
    {%- if type == 'text' -%}
        {{ return(text) }}
    {%- elif type == 'boolean' -%}
        {{ return("case when lower(" ~ text ~ ") in ('true', 't', '1', 'yes') then true when lower(" ~ text ~ ") in ('false', 'f', '0', 'no') then false end") }}
    {%- elif type == 'integer' -%}
        {{ return("cast(" ~ value ~ " as " ~ dbt.type_bigint() ~ ")") }}
    {%- elif type == 'date' -%}
        {%- if freshsales_identity.freshsales_idp_is_text(from_type) -%}
            {{ return("case when " ~ text ~ " ~ " ~ iso ~ ".*$' then cast(substr(" ~ text ~ ", 1, 10) as date) end") }}
        {%- endif -%}
        {{ return("cast(" ~ value ~ " as date)") }}
    {%- endif -%}
    {%- if freshsales_identity.freshsales_idp_is_text(from_type) -%}
        {#- Casts to a time without a zone drop the offset: the zone is asked for, and UTC is meant where there is none. -#}
        {{ return(
            "case when " ~ text ~ " ~ " ~ iso ~ "[T ].*:.*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$' then cast("
            ~ text ~ " as timestamp with time zone) at time zone 'UTC' when "
            ~ text ~ " ~ " ~ iso ~ ".*$' then cast(" ~ text ~ " as timestamp) end"
        ) }}
    {%- elif 'with time zone' in from_type or 'timestamptz' in from_type -%}
        {{ return("cast(" ~ value ~ " at time zone 'UTC' as " ~ dbt.type_timestamp() ~ ")") }}
    {%- endif -%}
    {{ return("cast(" ~ value ~ " as " ~ dbt.type_timestamp() ~ ")") }}
{% endmacro %}
