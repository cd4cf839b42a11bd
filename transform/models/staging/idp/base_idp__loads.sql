{{ config(schema=var('freshsales_staging_schema')) }}

{%- set stale_hours = var('freshsales_idp_stale_hours') %}

with sources as (

    {% for entry in freshsales_identity.freshsales_idp_sources() -%}
    {%- for object in ['users', 'app_assignments', 'events'] -%}
    {%- set parts = freshsales_identity.freshsales_idp_adapter(entry, object) -%}
    {%- if parts -%}
    select
        cast({{ freshsales_identity.freshsales_idp_literal(entry.account) }} as {{ dbt.type_string() }}) as account,
        cast('{{ entry.source }}' as {{ dbt.type_string() }}) as source,
        '{{ object }}' as object,
        {{ 'true' if parts | selectattr('table.relation') | list else 'false' }} as is_there,
        {{ 'true' if object in entry.complete else 'false' }} as is_declared,
        {{ entry.app_ids | length if object == 'app_assignments' else 0 }} as apps
    union all
    {% endif -%}
    {%- endfor -%}
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as account,
        cast(null as {{ dbt.type_string() }}) as source,
        'users' as object,
        false as is_there,
        false as is_declared,
        0 as apps
    where false

),

-- The totals that came with tables of the contract.
control_totals as (

    {% for entry in freshsales_identity.freshsales_idp_sources() if entry.adapter == 'contract' -%}
    {%- set table = freshsales_identity.freshsales_idp_table(entry, ['loads']) -%}
    {%- if table.relation -%}
    select
        cast({{ freshsales_identity.freshsales_idp_account(entry, table) }} as {{ dbt.type_string() }}) as account,
        cast('{{ entry.source }}' as {{ dbt.type_string() }}) as source,
        {{ freshsales_identity.freshsales_idp_field(table, 'object') }} as object,
        {{ freshsales_identity.freshsales_idp_field(table, 'is_loaded', 'boolean') }} as is_loaded,
        {{ freshsales_identity.freshsales_idp_field(table, 'rows', 'integer') }} as total,
        {{ freshsales_identity.freshsales_idp_field(table, 'newest_loaded_at', 'timestamp') }} as newest_loaded_at,
        {{ freshsales_identity.freshsales_idp_field(table, 'absence_counts', 'boolean') }} as absence_counts,
        {{ freshsales_identity.freshsales_idp_field(table, 'events_from', 'timestamp') }} as events_from
    from {{ table.relation }} as raw
    where {{ freshsales_identity.freshsales_idp_is_of(entry, table) }}
    union all
    {% endif -%}
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as account,
        cast(null as {{ dbt.type_string() }}) as source,
        cast(null as {{ dbt.type_string() }}) as object,
        cast(null as {{ dbt.type_boolean() }}) as is_loaded,
        cast(null as {{ dbt.type_bigint() }}) as total,
        cast(null as {{ dbt.type_timestamp() }}) as newest_loaded_at,
        cast(null as {{ dbt.type_boolean() }}) as absence_counts,
        cast(null as {{ dbt.type_timestamp() }}) as events_from
    where false

),

loaded as (

    select account, source, 'users' as object, loaded_at, cast(null as {{ dbt.type_timestamp() }}) as happened_at
    from {{ ref('base_idp__users') }}
    union all
    select account, source, 'app_assignments', loaded_at, null from {{ ref('base_idp__app_assignments') }}
    union all
    select account, source, 'events', loaded_at, happened_at from {{ ref('base_idp__events') }}

),

counted as (

    select
        account,
        source,
        object,
        count(*) as row_count,
        max(loaded_at) as newest_loaded_at,
        min(happened_at) as first_event_at
    from loaded
    group by account, source, object

),

receipts as (

    select
        account,
        source,
        object,
        app_id,
        max(case when is_whole then load_id end) as complete_load_id,
        max(case when is_held_back then load_id end) as held_back_load_id
    from {{ ref('base_idp__receipts') }}
    group by account, source, object, app_id

),

-- The latest complete load of each app, or of the only list. The oldest of them gives the age of the whole. The whole
-- is complete if no app is without such a load.
complete_loads as (

    select
        receipts.account,
        receipts.source,
        receipts.object,
        count(complete.load_id) as lists,
        count(complete.load_id) = count(*) as has_each_list,
        max(case when receipts.held_back_load_id > receipts.complete_load_id then receipts.held_back_load_id end)
            as held_back_load_id,
        min(complete.finished_at) as finished_at,
        max(complete.events_from) as events_from
    from receipts
    left join (select * from {{ ref('base_idp__receipts') }}) as complete
        on
            receipts.account = complete.account
            and receipts.source = complete.source
            and receipts.object = complete.object
            and coalesce(receipts.app_id, '') = coalesce(complete.app_id, '')
            and receipts.complete_load_id = complete.load_id
    group by receipts.account, receipts.source, receipts.object

),

-- If the entry of a source names no account, it is about the accounts in its rows; without rows, about all accounts.
named_accounts as (

    select distinct account, source from loaded
    union distinct
    select distinct account, source from {{ ref('base_idp__receipts') }}
    union distinct
    select distinct account, source from control_totals

),

objects as (

    select account, source, object, is_there, is_declared, apps
    from sources
    where account is not null
    union all
    select named_accounts.account, sources.source, sources.object, sources.is_there, sources.is_declared, sources.apps
    from sources
    inner join named_accounts on sources.source = named_accounts.source
    where sources.account is null
    union all
    select accounts.account, sources.source, sources.object, sources.is_there, sources.is_declared, sources.apps
    from sources
    cross join (select * from {{ ref('int_freshsales__accounts') }}) as accounts
    left join named_accounts on sources.source = named_accounts.source
    where sources.account is null and named_accounts.source is null

),

judged as (

    select
        objects.account,
        objects.source,
        objects.object,
        objects.is_there and coalesce(control_totals.is_loaded, true) as is_loaded,
        coalesce(counted.row_count, 0) as row_count,
        coalesce(counted.newest_loaded_at, control_totals.newest_loaded_at, complete_loads.finished_at) as newest_loaded_at,
        case
            when not objects.is_there then null
            when complete_loads.has_each_list and complete_loads.lists >= objects.apps then 'receipt'
            when
                control_totals.total = coalesce(counted.row_count, 0)
                and coalesce(control_totals.is_loaded, true)
                and coalesce(control_totals.absence_counts, true)
                then 'control_total'
            when objects.is_declared then 'declared'
        end as absence_evidence,
        case
            when complete_loads.has_each_list and complete_loads.lists >= objects.apps then complete_loads.finished_at
            else coalesce(control_totals.newest_loaded_at, counted.newest_loaded_at)
        end as proven_at,
        complete_loads.held_back_load_id,
        coalesce(
            complete_loads.events_from,
            control_totals.events_from,
            case when objects.is_declared then counted.first_event_at end
        ) as events_from
    from objects
    left join counted on {{ freshsales_identity.freshsales_same('objects', 'counted', ['account', 'source', 'object']) }}
    left join control_totals
        on {{ freshsales_identity.freshsales_same('objects', 'control_totals', ['account', 'source', 'object']) }}
    left join complete_loads
        on {{ freshsales_identity.freshsales_same('objects', 'complete_loads', ['account', 'source', 'object']) }}

)

select
    account,
    source,
    object,
    is_loaded,
    row_count as rows,
    newest_loaded_at,
    cast({{ dbt.datediff('newest_loaded_at', freshsales_identity.freshsales_utc_now(), 'hour') }} as {{ dbt.type_int() }}) as hours_old,
    -- A list that is too old says nothing about today. A list of unknown age counts as too old.
    absence_evidence is not null
    and coalesce(
        {{ dbt.datediff('proven_at', freshsales_identity.freshsales_utc_now(), 'hour') }} <= {{ stale_hours }}, false
    ) as absence_counts,
    absence_evidence,
    case when absence_evidence is not null then proven_at end as proven_at,
    held_back_load_id,
    case when object = 'events' then events_from end as events_from
from judged
