{#-
  The rows of one object (`users`, `app_assignments`, `events`) of all sources, in the columns of the contract, and
  with `load_id` (dlt's) and `is_deleted` (a loader marked the row as deleted) beside them. A table that is not there
  has no rows. Each adapter is a macro of its own that returns a list of `table` and `columns`: one element a raw
  table, each column an expression over that table, which is called `raw` in it. `load_id` beside them says which load
  a row belongs to, where the row itself does not.
-#}
{% macro freshsales_idp_rows(object) %}
    {%- set columns = freshsales_identity.freshsales_idp_contract()[object] -%}
    {%- set types = freshsales_identity.freshsales_idp_types() -%}
    {%- for entry in freshsales_identity.freshsales_idp_sources() -%}
        {%- for part in freshsales_identity.freshsales_idp_adapter(entry, object) if part.table.relation %}
    select
        cast({{ freshsales_identity.freshsales_idp_account(entry, part.table) }} as {{ types.text }}) as account,
        cast('{{ entry.source }}' as {{ types.text }}) as source,
        {%- for name, type in columns.items() %}
        {{ part.columns.get(name, 'cast(null as ' ~ types[type] ~ ')') }} as {{ name }},
        {%- endfor %}
        {{ freshsales_identity.freshsales_idp_loaded_at(part.table) }} as loaded_at,
        {{ part.get('load_id') or freshsales_identity.freshsales_idp_field(part.table, '_dlt_load_id') }} as load_id,
        {{ freshsales_identity.freshsales_idp_is_deleted(part.table) }} as is_deleted,
        {{ freshsales_identity.freshsales_idp_is_of_app(entry, object, part.columns) }} as is_of_app
    from {{ part.table.relation }} as raw
    where {{ freshsales_identity.freshsales_idp_is_of(entry, part.table) }}
    union all
        {%- endfor -%}
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as account,
        cast(null as {{ dbt.type_string() }}) as source,
        {%- for name, type in columns.items() %}
        cast(null as {{ types[type] }}) as {{ name }},
        {%- endfor %}
        cast(null as {{ dbt.type_timestamp() }}) as loaded_at,
        cast(null as {{ dbt.type_string() }}) as load_id,
        cast(null as {{ dbt.type_boolean() }}) as is_deleted,
        cast(null as {{ dbt.type_boolean() }}) as is_of_app
    where false
{% endmacro %}

{#- The columns of the contract, without account, source and loaded_at, which all tables have. -#}
{% macro freshsales_idp_contract() %}
    {{ return({
        'users': {
            'idp_user_id': 'text', 'login': 'text', 'email': 'text', 'other_emails': 'json', 'alias': 'text',
            'immutable_id': 'text', 'employee_number': 'text', 'display_name': 'text', 'department': 'text',
            'native_status': 'text', 'idp_status': 'text', 'has_left': 'boolean', 'status_changed_at': 'timestamp',
            'left_on': 'date', 'last_login_at': 'timestamp', 'last_login_kind': 'text', 'created_at': 'timestamp',
        },
        'app_assignments': {
            'app_id': 'text', 'idp_user_id': 'text', 'app_user_id': 'text', 'app_user_name': 'text', 'scope': 'text',
            'native_status': 'text', 'sync_state': 'text', 'assigned_at': 'timestamp',
        },
        'events': {
            'event_id': 'text', 'happened_at': 'timestamp', 'event_type': 'text', 'idp_user_id': 'text',
            'app_id': 'text', 'result': 'text', 'reason': 'text', 'actor_id': 'text', 'native_type': 'text',
        },
    }) }}
{% endmacro %}

{% macro freshsales_idp_adapter(entry, object) %}
    {%- if entry.adapter == 'okta' -%}
        {{ return(freshsales_identity.freshsales_idp_okta(entry, object)) }}
    {%- elif entry.adapter == 'entra' -%}
        {{ return(freshsales_identity.freshsales_idp_entra(entry, object)) }}
    {%- elif entry.adapter == 'google' -%}
        {{ return(freshsales_identity.freshsales_idp_google(entry, object)) }}
    {%- elif entry.adapter == 'onelogin' -%}
        {{ return(freshsales_identity.freshsales_idp_onelogin(entry, object)) }}
    {%- elif entry.adapter == 'roster' -%}
        {{ return(freshsales_identity.freshsales_idp_roster(entry, object)) }}
    {%- endif -%}
    {{ return(freshsales_identity.freshsales_idp_contract_tables(entry, object)) }}
{% endmacro %}

{#- The account of the rows: the entry names it, or else the rows do. -#}
{% macro freshsales_idp_account(entry, table) %}
    {%- if entry.account -%}
        {{ return(freshsales_identity.freshsales_idp_literal(entry.account)) }}
    {%- elif not freshsales_identity.freshsales_idp_has(table, 'account') -%}
        {{ exceptions.raise_compiler_error('freshsales_idp, source `' ~ entry.source ~ '`: ' ~ table.relation ~ ' has no column `account`. Name the Freshsales account (its host) as `account` in the entry.') }}
    {%- endif -%}
    {{ return(freshsales_identity.freshsales_idp_field(table, 'account')) }}
{% endmacro %}

{#- If the table also has rows of another account or source, these are not of this entry. -#}
{% macro freshsales_idp_is_of(entry, table) %}
    {%- set conditions = ['true'] -%}
    {%- if entry.account and freshsales_identity.freshsales_idp_has(table, 'account') -%}
        {%- do conditions.append('coalesce(' ~ freshsales_identity.freshsales_idp_field(table, 'account') ~ ', ' ~ freshsales_identity.freshsales_idp_literal(entry.account) ~ ') = ' ~ freshsales_identity.freshsales_idp_literal(entry.account)) -%}
    {%- endif -%}
    {%- if freshsales_identity.freshsales_idp_has(table, 'source') and entry.adapter in ['okta', 'contract'] -%}
        {%- do conditions.append('coalesce(' ~ freshsales_identity.freshsales_idp_field(table, 'source') ~ ", '" ~ entry.source ~ "') = '" ~ entry.source ~ "'") -%}
    {%- endif -%}
    {{ return(conditions | join(' and ')) }}
{% endmacro %}

{#- If the entry names apps, an event of an app that is not named belongs to none of them. -#}
{% macro freshsales_idp_is_of_app(entry, object, columns) -%}
    {%- if object == 'users' or not entry.app_ids -%}
    true
    {%- else -%}
    coalesce(
        {{ columns.get('app_id', 'null') }} in ({{ freshsales_identity.freshsales_idp_literals(entry.app_ids) }}),
        {{ columns.get('event_type', 'null') }} in ('left', 'returned', 'suspended', 'sign_in'),
        false
    )
    {%- endif -%}
{%- endmacro %}

{% macro freshsales_idp_has(table, name) %}
    {{ return(name in table.columns | map(attribute='name') | map('lower') | list) }}
{% endmacro %}

{#- When a row was loaded, by the columns that the loader adds. -#}
{% macro freshsales_idp_loaded_at(table) %}
    {%- set found = [] -%}
    {%- for name in ['_airbyte_extracted_at', '_airbyte_emitted_at', '_fivetran_synced', '_sdc_batched_at', '_sdc_extracted_at', 'loaded_at'] if freshsales_identity.freshsales_idp_has(table, name) -%}
        {%- do found.append(freshsales_identity.freshsales_idp_field(table, name, 'timestamp')) -%}
    {%- endfor -%}
    {%- if freshsales_identity.freshsales_idp_has(table, '_dlt_load_id') -%}
        {%- do found.append(freshsales_identity.freshsales_epoch(freshsales_identity.freshsales_idp_field(table, '_dlt_load_id'))) -%}
    {%- endif -%}
    {{ return('coalesce(' ~ (found + ['cast(null as ' ~ dbt.type_timestamp() ~ ')']) | join(', ') ~ ')') }}
{% endmacro %}

{#- Some loaders keep a row that is gone, and mark it. -#}
{% macro freshsales_idp_is_deleted(table) %}
    {%- set found = ['false'] -%}
    {%- if freshsales_identity.freshsales_idp_has(table, '_fivetran_deleted') -%}
        {%- do found.append('coalesce(' ~ freshsales_identity.freshsales_idp_field(table, '_fivetran_deleted', 'boolean') ~ ', false)') -%}
    {%- endif -%}
    {%- if freshsales_identity.freshsales_idp_has(table, '_sdc_deleted_at') -%}
        {%- do found.append(freshsales_identity.freshsales_idp_field(table, '_sdc_deleted_at') ~ ' is not null') -%}
    {%- endif -%}
    {{ return('(' ~ found | join(' or ') ~ ')') }}
{% endmacro %}

{#- `words` maps a status of the vendor to one of the contract. Other statuses become null. -#}
{% macro freshsales_idp_status(value, words) -%}
    case {{ value }}{% for word, status in words.items() %} when '{{ word }}' then '{{ status }}'{% endfor %} end
{%- endmacro %}

{% macro freshsales_idp_has_left(entry, value) -%}
    {%- if entry.left_statuses -%}
    {{ value }} in ({{ freshsales_identity.freshsales_idp_literals(entry.left_statuses) }})
    {%- else -%}
    case when {{ value }} is not null then false end
    {%- endif -%}
{%- endmacro %}
