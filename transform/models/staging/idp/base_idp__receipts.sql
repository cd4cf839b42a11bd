{{ config(schema=var('freshsales_staging_schema')) }}

{%- set objects = {'users': 'users', 'app_users': 'app_assignments', 'log_events': 'events'} %}
{%- set tab = '\t' %}
{%- set list = ['account', 'source', 'object', 'app_id'] %}
{%- set sha256_of_nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' -%}

with listed as (

    {% for entry in freshsales_identity.freshsales_idp_sources() if entry.adapter in ['okta', 'roster'] -%}
    {%- set table = freshsales_identity.freshsales_idp_table(entry, ['load_receipts']) -%}
    {%- if table.relation -%}
    select
        cast({{ freshsales_identity.freshsales_idp_account(entry, table) }} as {{ dbt.type_string() }}) as account,
        cast('{{ entry.source }}' as {{ dbt.type_string() }}) as source,
        {{ freshsales_identity.freshsales_idp_status(freshsales_identity.freshsales_idp_field(table, 'object'), objects) }} as object,
        {{ freshsales_identity.freshsales_idp_field(table, 'app_id') }} as app_id,
        {{ freshsales_identity.freshsales_idp_field(table, 'load_id') }} as load_id,
        {{ freshsales_identity.freshsales_idp_field(table, 'started_at', 'timestamp') }} as started_at,
        {{ freshsales_identity.freshsales_idp_field(table, 'finished_at', 'timestamp') }} as finished_at,
        {{ freshsales_identity.freshsales_idp_field(table, 'is_complete', 'boolean') }} as is_complete,
        {{ freshsales_identity.freshsales_idp_field(table, 'rows', 'integer') }} as rows_read,
        {{ freshsales_identity.freshsales_idp_field(table, 'keys_sha256') }} as keys_sha256,
        {{ freshsales_identity.freshsales_idp_field(table, 'events_from', 'timestamp') }} as events_from,
        {% if entry.app_ids -%}
        coalesce({{ freshsales_identity.freshsales_idp_field(table, 'app_id') }} in ({{ freshsales_identity.freshsales_idp_literals(entry.app_ids) }}), true)
        {%- else -%}
        true
        {%- endif %} as is_of_app
    from {{ table.relation }} as raw
    where {{ freshsales_identity.freshsales_idp_is_of(entry, table) }}
    union all
    {% endif -%}
    {%- endfor %}
    select
        {%- for name, type in {
            'account': 'text', 'source': 'text', 'object': 'text', 'app_id': 'text', 'load_id': 'text',
            'started_at': 'timestamp', 'finished_at': 'timestamp', 'is_complete': 'boolean', 'rows_read': 'integer',
            'keys_sha256': 'text', 'events_from': 'timestamp', 'is_of_app': 'boolean',
        }.items() %}
        cast(null as {{ freshsales_identity.freshsales_idp_types()[type] }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false

),

receipts as (

    select * from (
        select
            *,
            -- A loader that appends may have written a receipt more than once.
            row_number() over (
                partition by {{ list | join(', ') }}, load_id
                order by finished_at desc
            ) as copy,
            row_number() over (
                partition by {{ list | join(', ') }}
                order by load_id desc, finished_at desc
            ) as age
        from listed
        where object is not null and is_of_app
    ) as numbered
    where copy = 1

),

keys as (

    select account, source, 'users' as object, cast(null as {{ dbt.type_string() }}) as app_id, load_id, idp_user_id as key_text
    from {{ ref('base_idp__users') }}
    union all
    select account, source, 'app_assignments', app_id, load_id, app_id || '{{ tab }}' || idp_user_id
    from {{ ref('base_idp__app_assignments') }}
    union all
    select account, source, 'events', null, load_id, event_id
    from {{ ref('base_idp__events') }}

),

held as (

    select
        {{ freshsales_identity.freshsales_columns_of('receipts', list + ['load_id']) }},
        count(keys.key_text) as rows_since,
        count(case when keys.load_id = receipts.load_id then keys.key_text end) as rows_in_warehouse
    from receipts
    left join keys
        on
            {{ freshsales_identity.freshsales_idp_is_key_of('receipts') }}
            and receipts.load_id <= keys.load_id
    group by {{ freshsales_identity.freshsales_columns_of('receipts', list + ['load_id']) }}

),

hashed as (

    select
        {{ freshsales_identity.freshsales_columns_of('receipts', list + ['load_id']) }},
        {{ freshsales_identity.freshsales_sha256_of_lines('keys.key_text') }} as keys_sha256
    from receipts
    inner join keys
        on
            {{ freshsales_identity.freshsales_idp_is_key_of('receipts') }}
            and receipts.load_id = keys.load_id
    where receipts.age = 1
    group by {{ freshsales_identity.freshsales_columns_of('receipts', list + ['load_id']) }}

),

arrived as (

    select
        {{ freshsales_identity.freshsales_columns_of('receipts', list + ['load_id']) }},
        receipts.started_at,
        receipts.finished_at,
        coalesce(receipts.is_complete, false) as is_complete,
        receipts.rows_read,
        receipts.events_from,
        held.rows_in_warehouse,
        -- As for the reads of Freshsales: nothing in the warehouse contradicts that all rows are there.
        coalesce(held.rows_since, 0) >= coalesce(receipts.rows_read, 0)
        and case
            -- The rows of a load that was killed hide which keys there were before.
            when receipts.age = 1 and receipts.keys_sha256 is not null and held.rows_since = held.rows_in_warehouse
                then receipts.keys_sha256 = coalesce(hashed.keys_sha256, '{{ sha256_of_nothing }}')
            else true
        end as has_arrived
    from receipts
    left join held
        on
            {{ freshsales_identity.freshsales_idp_same_list('receipts', 'held') }}
            and receipts.load_id = held.load_id
    left join hashed
        on
            {{ freshsales_identity.freshsales_idp_same_list('receipts', 'hashed') }}
            and receipts.load_id = hashed.load_id

),

sequence as (

    select
        {{ list | join(', ') }},
        load_id as sync_id,
        lag(load_id) over (partition by {{ list | join(', ') }} order by load_id) as before_sync_id,
        lag(rows_read) over (partition by {{ list | join(', ') }} order by load_id) as rows_read_before
    from arrived
    -- The log forgets its oldest days by itself.
    where is_complete and has_arrived and object <> 'events'

),

-- A token that sees fewer people than before, or a roster of one department, looks as if many people had left.
compared as (

    select
        {{ freshsales_identity.freshsales_columns_of('sequence', list + ['sync_id', 'before_sync_id', 'rows_read_before']) }},
        count(keys.key_text) as rows_missing
    from sequence
    left join keys
        on
            {{ freshsales_identity.freshsales_idp_is_key_of('sequence') }}
            and sequence.before_sync_id <= keys.load_id
            and sequence.sync_id > keys.load_id
    group by {{ freshsales_identity.freshsales_columns_of('sequence', list + ['sync_id', 'before_sync_id', 'rows_read_before']) }}

)

select
    arrived.*,
    coalesce({{ freshsales_identity.freshsales_is_held_back('compared') }}, false) as is_held_back,
    arrived.is_complete
    and arrived.has_arrived
    and not coalesce({{ freshsales_identity.freshsales_is_held_back('compared') }}, false) as is_whole
from arrived
left join compared
    on
        {{ freshsales_identity.freshsales_idp_same_list('arrived', 'compared') }}
        and arrived.load_id = compared.sync_id
