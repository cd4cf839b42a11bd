{#-
  The history of a stream as its complete reads tell it; each build appends what the reads since the last build
  showed. `rows` is a relation with account, `key`, sync_id, removed_seen_sync_id and `columns`, whose changes count.
  Why this can be trusted though loaders overwrite the raw tables stands in DECISIONS.md.

  observation   row of                        sync_id                        after_sync_id
  `read`        a complete read (no key)      the read                       null
  `present`     who is new, or has changed    the read that first showed it  the last read that showed the old state
  `gone`        who is no longer there        the read that missed them      the last read that did not miss them
  `unknown`     whom a later read, not        the read                       the last read that told of them
                complete, had overwritten

  Nothing is known of the time before the first read: `after_sync_id` is null in the rows it makes.
-#}
{% macro freshsales_history(stream, rows, key, columns) %}
{%- set keys = key | join(', ') -%}
with complete_reads as (

    select account, sync_id, finished_at
    from {{ ref('base_freshsales__complete_reads') }}
    where stream = '{{ stream }}'

),

current_rows as (

    select * from {{ rows }}

),

{% if is_incremental() -%}
captured as (

    select account, max(sync_id) as sync_id
    from {{ this }}
    where observation = 'read'
    group by account

),

known as (

    select * from (
        select
            *,
            row_number() over (partition by account, {{ keys }} order by sync_id desc, observation) as age
        from {{ this }}
        where observation in ('present', 'gone')
    ) as versions
    where age = 1

),

unknown as (

    select history.*
    from {{ this }} as history
    inner join captured on history.account = captured.account and history.sync_id = captured.sync_id
    where history.observation = 'unknown'

),
{%- else -%}
captured as (

    select account, sync_id from complete_reads where false

),

known as (

    select current_rows.*, cast('' as {{ dbt.type_string() }}) as observation from current_rows where false

),

unknown as (

    select current_rows.*, sync_id as after_sync_id from current_rows where false

),
{%- endif %}

new_reads as (

    select complete_reads.*
    from complete_reads
    left join captured on complete_reads.account = captured.account
    where captured.sync_id is null or complete_reads.sync_id > captured.sync_id

),

newest_reads as (

    select account, max(sync_id) as sync_id, max(finished_at) as finished_at
    from new_reads
    group by account

),

-- The last complete read that is not later than the run which wrote a row.
read_before as (

    select runs.account, runs.sync_id, max(complete_reads.sync_id) as complete_sync_id
    from (select distinct account, sync_id from current_rows) as runs
    inner join complete_reads
        on runs.account = complete_reads.account and runs.sync_id >= complete_reads.sync_id
    group by runs.account, runs.sync_id

),

-- What the last captured read, or the last that could tell, knew of each row; null for a row of the first read.
compared as (

    select
        current_rows.*,
        known.observation as known_observation,
        case when unknown.account is null then captured.sync_id else unknown.after_sync_id end as known_sync_id,
        {% for column in columns -%}
        known.{{ column }} is distinct from current_rows.{{ column }}
        {{- ' or ' if not loop.last }}
        {%- else -%}
        false
        {%- endfor %} as has_changed
    from current_rows
    left join captured on current_rows.account = captured.account
    left join known on {{ freshsales_identity.freshsales_same('current_rows', 'known', ['account'] + key) }}
    left join unknown on {{ freshsales_identity.freshsales_same('current_rows', 'unknown', ['account'] + key) }}

),

present as (

    select
        {{ freshsales_identity.freshsales_columns_of('compared', ['account'] + key + columns) }},
        new_reads.sync_id,
        'present' as observation,
        compared.known_sync_id as after_sync_id,
        new_reads.finished_at as seen_at
    from compared
    inner join new_reads on compared.account = new_reads.account and compared.sync_id = new_reads.sync_id
    where compared.known_observation is null or compared.known_observation = 'gone' or compared.has_changed

),

gone as (

    select
        {{ freshsales_identity.freshsales_columns_of('compared', ['account'] + key + columns) }},
        new_reads.sync_id,
        'gone' as observation,
        read_before.complete_sync_id as after_sync_id,
        new_reads.finished_at as seen_at
    from compared
    inner join new_reads
        on compared.account = new_reads.account and compared.removed_seen_sync_id = new_reads.sync_id
    inner join read_before
        on compared.account = read_before.account and compared.sync_id = read_before.sync_id
    left join present on {{ freshsales_identity.freshsales_same('compared', 'present', ['account'] + key) }}
    where compared.known_observation = 'present' or present.account is not null

),

-- Some loaders delete rows instead of leaving them as they were.
deleted as (

    select
        {{ freshsales_identity.freshsales_columns_of('known', ['account'] + key + columns) }},
        newest_reads.sync_id,
        'gone' as observation,
        captured.sync_id as after_sync_id,
        newest_reads.finished_at as seen_at
    from known
    inner join newest_reads on known.account = newest_reads.account
    inner join captured on known.account = captured.account
    left join current_rows on {{ freshsales_identity.freshsales_same('known', 'current_rows', ['account'] + key) }}
    where known.observation = 'present' and current_rows.account is null

),

overwritten as (

    select
        {{ freshsales_identity.freshsales_columns_of('compared', ['account'] + key + columns) }},
        newest_reads.sync_id,
        'unknown' as observation,
        compared.known_sync_id as after_sync_id,
        newest_reads.finished_at as seen_at
    from compared
    inner join newest_reads on compared.account = newest_reads.account
    where compared.sync_id > newest_reads.sync_id

),

read_rows as (

    select
        new_reads.account,
        {%- for column in key + columns %}
        example.{{ column }},
        {%- endfor %}
        new_reads.sync_id,
        'read' as observation,
        example.sync_id as after_sync_id,
        new_reads.finished_at as seen_at
    from new_reads
    -- Matches nothing; it gives the nulls their types.
    left join current_rows as example on new_reads.account = example.account and example.account is null

)

{% for part in ['read_rows', 'present', 'gone', 'deleted', 'overwritten'] -%}
select * from {{ part }}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}

{% macro freshsales_same(left, right, columns) -%}
    {%- for column in columns %}{{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro freshsales_columns_of(relation, columns) -%}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}
