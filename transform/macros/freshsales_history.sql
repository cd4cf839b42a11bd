{#-
  The history of a stream as its complete reads tell it; each build appends what the reads that no build has captured
  yet showed. `rows` is a relation with account, `key`, sync_id, removed_seen_sync_id, `columns`, whose changes count,
  and `words`, which are written down with the rest and make no change by themselves. Why this can be trusted though
  loaders overwrite the raw tables stands in DECISIONS.md.

  observation   row of                        sync_id                        after_sync_id
  `read`        a complete read (no key)      the read                       null
  `present`     who is new, or has changed    the read that first showed it  the last read that showed the old state
  `gone`        who is no longer there        the read that missed them      the last read that did not miss them
  `unknown`     whom a later read, not        the read                       the last read that told of them
                complete, had overwritten

  Nothing is known of the time before the first read: `after_sync_id` is null in the rows it makes.

  A history that was begun before it had a column goes on with what `before` says in its place: a mapping of columns to
  expressions over the older columns of `told`; null for the others.
-#}
{% macro freshsales_history(stream, rows, key, columns, words=[], before={}) %}
{%- set keys = key | join(', ') -%}
{%- set kept = key + columns + words -%}
{%- set is_begun = is_incremental() %}
with accounts_looked_at as (

    select distinct complete.account
    from (select * from {{ ref('base_freshsales__complete_reads') }}) as complete
    {%- if is_begun %}
    left join {{ this }} as captured
        on
            {{ freshsales_identity.freshsales_same('complete', 'captured', ['account', 'sync_id']) }}
            and captured.observation = 'read'
    {%- endif %}
    where complete.stream = '{{ stream }}'{{ ' and captured.account is null' if is_begun }}

),

{{ freshsales_identity.freshsales_looked_at({
    'current_rows': rows,
    'complete': ref('base_freshsales__complete_reads'),
}) }},

-- Another build may be rewriting the rows at the same time. A read whose rows are not in them yet waits for the next
-- build.
complete_reads as (

    select account, sync_id, finished_at
    from (
        select
            account,
            sync_id,
            max(finished_at) as finished_at,
            max(rows_read) as rows_read,
            sum(sum(is_row)) over (
                partition by account order by sync_id desc rows between unbounded preceding and current row
            ) as rows_since
        from (
            select complete.account, complete.sync_id, complete.finished_at, coalesce(reads.rows_read, 0) as rows_read, 0 as is_row
            from complete
            inner join (select * from {{ ref('base_freshsales__reads') }}) as reads
                on {{ freshsales_identity.freshsales_same('complete', 'reads', ['account', 'stream', 'sync_id']) }}
            where complete.stream = '{{ stream }}'
            union all
            select account, sync_id, null, null, 1 from current_rows
        ) as runs
        group by account, sync_id
    ) as held
    where rows_read <= rows_since

),

{% if is_begun -%}
{%- set there = freshsales_identity.freshsales_columns_there() -%}
told as (

    select
        told.account,
        {%- for column in kept %}
        {% if column in there and column in before -%}
        coalesce(told.{{ column }}, {{ before[column] }})
        {%- elif column in there -%}
        told.{{ column }}
        {%- else -%}
        {{ before.get(column, 'example.' ~ column) }}
        {%- endif %} as {{ column }},
        {%- endfor %}
        told.sync_id,
        told.observation,
        told.after_sync_id
    from {{ this }} as told
    inner join accounts_looked_at on told.account = accounts_looked_at.account
    -- Matches no row; it gives the nulls their types.
    left join current_rows as example on told.account = example.account and example.account is null

),
{%- else -%}
told as (

    select
        account,
        {{ kept | join(', ') }},
        sync_id,
        cast('' as {{ dbt.type_string() }}) as observation,
        sync_id as after_sync_id
    from current_rows
    where false

),
{%- endif %}

captured_reads as (

    select account, sync_id from told where observation = 'read'

),

captured as (

    select account, max(sync_id) as sync_id from captured_reads group by account

),

latest as (

    select account, {{ keys }}, max(sync_id) as sync_id
    from told
    where observation in ('present', 'gone')
    group by account, {{ keys }}

),

known as (

    select told.*
    from told
    inner join latest on {{ freshsales_identity.freshsales_same('told', 'latest', ['account', 'sync_id'] + key) }}
    where told.observation in ('present', 'gone')

),

unknown as (

    select told.*
    from told
    inner join captured on told.account = captured.account and told.sync_id = captured.sync_id
    where told.observation = 'unknown'

),

-- A read may be found complete only after a later one was captured. What only this read has shown is added then.
uncaptured as (

    select complete_reads.*
    from complete_reads
    left join captured_reads
        on {{ freshsales_identity.freshsales_same('complete_reads', 'captured_reads', ['account', 'sync_id']) }}
    where captured_reads.account is null

),

new_reads as (

    select
        uncaptured.account,
        uncaptured.sync_id,
        uncaptured.finished_at,
        max(captured_reads.sync_id) as captured_sync_id
    from uncaptured
    left join captured_reads
        on uncaptured.account = captured_reads.account and uncaptured.sync_id > captured_reads.sync_id
    group by uncaptured.account, uncaptured.sync_id, uncaptured.finished_at

),

newest_reads as (

    select new_reads.account, max(new_reads.sync_id) as sync_id, max(new_reads.finished_at) as finished_at
    from new_reads
    left join captured on new_reads.account = captured.account
    where captured.account is null or new_reads.sync_id > captured.sync_id
    group by new_reads.account

),

-- The last complete read that is not later than the run that wrote a row.
read_before as (

    select
        account,
        sync_id,
        max(max(complete_sync_id)) over (
            partition by account order by sync_id rows between unbounded preceding and current row
        ) as complete_sync_id
    from (
        select account, sync_id, cast(null as {{ dbt.type_string() }}) as complete_sync_id from current_rows
        union all
        select account, sync_id, sync_id from complete_reads
    ) as runs
    group by account, sync_id

),

compared as (

    select
        current_rows.*,
        known.observation as known_observation,
        known.sync_id as known_sync_id,
        unknown.account is not null as is_unknown,
        unknown.after_sync_id as unknown_after_sync_id,
        {% for column in columns -%}
        known.{{ column }} is distinct from current_rows.{{ column }}
        {{- ' or ' if not loop.last }}
        {%- else -%}
        false
        {%- endfor %} as has_changed
    from current_rows
    left join known on {{ freshsales_identity.freshsales_same('current_rows', 'known', ['account'] + key) }}
    left join unknown on {{ freshsales_identity.freshsales_same('current_rows', 'unknown', ['account'] + key) }}

),

present as (

    select
        {{ freshsales_identity.freshsales_columns_of('compared', ['account'] + kept) }},
        new_reads.sync_id,
        'present' as observation,
        -- What the last captured read, or the last read that could tell, knew of the row; null for a row of the first
        -- read.
        case
            when compared.is_unknown then compared.unknown_after_sync_id else new_reads.captured_sync_id
        end as after_sync_id,
        new_reads.finished_at as seen_at
    from compared
    inner join new_reads on compared.account = new_reads.account and compared.sync_id = new_reads.sync_id
    where
        (compared.known_sync_id is null or compared.known_sync_id < new_reads.sync_id)
        and (compared.known_observation is null or compared.known_observation = 'gone' or compared.has_changed)

),

gone as (

    select
        {{ freshsales_identity.freshsales_columns_of('compared', ['account'] + kept) }},
        complete_reads.sync_id,
        'gone' as observation,
        read_before.complete_sync_id as after_sync_id,
        complete_reads.finished_at as seen_at
    from compared
    inner join complete_reads
        on compared.account = complete_reads.account and compared.removed_seen_sync_id = complete_reads.sync_id
    inner join read_before
        on {{ freshsales_identity.freshsales_same('compared', 'read_before', ['account', 'sync_id']) }}
    left join present on {{ freshsales_identity.freshsales_same('compared', 'present', ['account'] + key) }}
    where
        read_before.complete_sync_id is not null
        and (
            present.account is not null
            or (compared.known_observation = 'present' and compared.known_sync_id < complete_reads.sync_id)
        )

),

-- Some loaders delete rows; others leave them as they were.
deleted as (

    select
        {{ freshsales_identity.freshsales_columns_of('known', ['account'] + kept) }},
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
        {{ freshsales_identity.freshsales_columns_of('compared', ['account'] + kept) }},
        newest_reads.sync_id,
        'unknown' as observation,
        case
            when compared.is_unknown then compared.unknown_after_sync_id else captured.sync_id
        end as after_sync_id,
        newest_reads.finished_at as seen_at
    from compared
    inner join newest_reads on compared.account = newest_reads.account
    left join captured on compared.account = captured.account
    where compared.sync_id > newest_reads.sync_id

),

read_rows as (

    select
        new_reads.account,
        {%- for column in kept %}
        example.{{ column }},
        {%- endfor %}
        new_reads.sync_id,
        'read' as observation,
        example.sync_id as after_sync_id,
        new_reads.finished_at as seen_at
    from new_reads
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
