{#-
  The CTEs that every staging model of a stream is made with, after its CTE `source`:

  `latest`    one row a key: where a loader appends, the row of the latest run;
  `presence`  one row a run that rows come from: the first complete read after it, if any. A row that a later complete
              read did not bring again was not there any more; a later read that is not complete says nothing.
-#}
{% macro freshsales_presence(stream, key) %}
numbered as (

    select
        *,
        row_number() over (partition by account, {{ key | join(', ') }} order by sync_id desc) as age
    from source

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
{% endmacro %}

{% macro freshsales_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{#- The text if it is a name: neither an address nor what the person signs in with. -#}
{% macro freshsales_name(column, login) -%}
    case when {{ column }} like '%@%' or {{ column }} = {{ login }} then null else {{ column }} end
{%- endmacro %}

{% macro freshsales_email(column) -%}
    nullif(lower(trim({{ column }})), '')
{%- endmacro %}
