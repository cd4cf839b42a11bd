{#-
  A staging model of a stream: one row for each key, with the columns of the raw table, and whether the row is still
  there. `columns` is as for freshsales_source; `key` names the columns that identify a row within an account. `names`
  maps columns to the names that they get. Texts are trimmed, and empty ones are null. Those in `emails` are in lower
  case. The key, the account and the columns in `as_is` are taken as they are.

  A row without account, key or run belongs to nobody, and is left out. The receipt of its run shows that it is missing.

  If a loader appends, the row of the latest run counts. `removed_seen_sync_id` is the first complete read after the run
  that wrote the row: what a later complete read did not bring again was not there any more. A later read that is not
  complete says nothing.
-#}
{% macro freshsales_staging(stream, key, columns, names={}, emails=[], as_is=[]) %}
{%- set as_is = key + as_is + ['account'] -%}
with source as (

    {{ freshsales_identity.freshsales_source(stream, columns) }}

),

numbered as (

    select
        *,
        row_number() over (partition by account, {{ key | join(', ') }} order by sync_id desc) as age
    from source
    where {% for column in ['account', 'sync_id'] + key %}{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor %}

),

latest as (

    select * from numbered where age = 1

),

presence as (

    select
        runs.account,
        runs.sync_id,
        min(reads.sync_id) as removed_seen_sync_id,
        min(reads.finished_at) as removed_seen_at
    from (select distinct account, sync_id from latest) as runs
    left join (select * from {{ ref('base_freshsales__complete_reads') }}) as reads
        on
            runs.account = reads.account
            and reads.stream = '{{ stream }}'
            and runs.sync_id < reads.sync_id
    group by runs.account, runs.sync_id

)

select
    {% for column, type in columns.items() if column != 'sync_id' -%}
    {%- set value = 'latest.' ~ column -%}
    {%- if column in emails -%}
    {{ freshsales_identity.freshsales_email(value) }}
    {%- elif type == 'text' and column not in as_is -%}
    {{ freshsales_identity.freshsales_text(value) }}
    {%- else -%}
    {{ value }}
    {%- endif %} as {{ names.get(column, column) }},
    {% endfor -%}
    latest.sync_id,
    presence.removed_seen_sync_id,
    presence.removed_seen_at,
    presence.removed_seen_sync_id is null as is_present
from latest
left join presence
    on latest.account = presence.account and latest.sync_id = presence.sync_id
{% endmacro %}
