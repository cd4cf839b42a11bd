{{ config(schema=var('freshsales_staging_schema')) }}

{%- set keys = {
    'owners': {'id': 'integer'},
    'roles': {'id': 'integer'},
    'territories': {'id': 'integer'},
    'teams': {'id': 'integer'},
    'profile': {'id': 'integer'},
    'scim_users': {'id': 'text'},
    'scim_groups': {'id': 'text'},
    'scim_group_members': {'group_id': 'text', 'member_id': 'text'},
    'owned_records': {'owner_id': 'integer', 'record_type': 'text'},
} -%}
{%- set tab = '\t' -%}

with latest_receipts as (

    select account, stream, max(sync_id) as sync_id
    from {{ ref('stg_freshsales__sync_receipts') }}
    group by account, stream

),

{% for stream, key in keys.items() -%}
{{ stream }}_rows as (

    {{ freshsales_identity.freshsales_source(stream, dict(key, account='text', sync_id='text')) }}

),

{% endfor -%}

keys as (

    {% for stream, key in keys.items() -%}
    select
        account,
        '{{ stream }}' as stream,
        sync_id,
        {% for column in key -%}
        cast({{ column }} as {{ dbt.type_string() }}){{ " || '" ~ tab ~ "' || " if not loop.last }}
        {%- endfor %} as key_text
    from {{ stream }}_rows
    where account is not null and sync_id is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    select account, stream, sync_id, count(*) as rows_in_warehouse
    from keys
    group by account, stream, sync_id

),

-- If a loader appends, a key has many rows.
last_seen as (

    select account, stream, sync_id, count(*) as keys_last_seen
    from (
        select account, stream, key_text, max(sync_id) as sync_id
        from keys
        group by account, stream, key_text
    ) as latest
    group by account, stream, sync_id

),

hashed as (

    select
        keys.account,
        keys.stream,
        keys.sync_id,
        {{ freshsales_identity.freshsales_sha256_of_lines('keys.key_text') }} as population_sha256
    from keys
    inner join latest_receipts
        on
            keys.account = latest_receipts.account
            and keys.stream = latest_receipts.stream
            and keys.sync_id = latest_receipts.sync_id
    group by keys.account, keys.stream, keys.sync_id

)

select
    counted.account,
    counted.stream,
    counted.sync_id,
    counted.rows_in_warehouse,
    coalesce(last_seen.keys_last_seen, 0) as keys_last_seen,
    hashed.population_sha256
from counted
left join last_seen
    on
        counted.account = last_seen.account
        and counted.stream = last_seen.stream
        and counted.sync_id = last_seen.sync_id
left join hashed
    on
        counted.account = hashed.account
        and counted.stream = hashed.stream
        and counted.sync_id = hashed.sync_id
