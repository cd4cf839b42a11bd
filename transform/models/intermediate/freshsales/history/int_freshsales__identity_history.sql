{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'identity_key', 'revision', 'observation', 'side', 'sync_id']}) }}

{%- set text = dbt.type_string() %}
{#- The columns of a state. A difference in any of them makes a new row. -#}
{%- set state = {
    'side': text,
    'side_status': text,
    'status': text,
    'crm_source_id': text,
    'scim_source_id': text,
    'crm_status': text,
    'scim_status': text,
    'display_name': text,
    'email': text,
    'department': text,
    'manager': text,
    'manager_key': text,
    'manager_name': text,
    'scim_roles': text,
    'crm_roles': text,
    'crm_role': text,
} -%}
{#- The reads that showed the state. -#}
{%- set evidence = {
    'crm_sync_id': text,
    'crm_after_sync_id': text,
    'crm_seen_at': dbt.type_timestamp(),
    'scim_sync_id': text,
    'scim_after_sync_id': text,
    'scim_seen_at': dbt.type_timestamp(),
} -%}

with all_told as (

    {{ freshsales_identity.freshsales_remembered(dict(
        {
            'account': text,
            'identity_key': text,
            'revision': dbt.type_int(),
            'observation': text,
            'sync_id': text,
            'seen_at': dbt.type_timestamp(),
        },
        **dict(state, **evidence)
    )) }}

),

all_reads as (

    select * from {{ ref('int_freshsales__people_reads') }}

),

-- The points at which the state of everybody is compared: each new read. If a read was found complete only after a
-- later one had been written, what it shows is written with the later one.

told_reads as (

    select account, side, max(sync_id) as sync_id
    from all_told
    where observation = 'read'
    group by account, side

),

new_reads as (

    {% for side in ['crm', 'scim'] -%}
    select reads.account, '{{ side }}' as side, reads.sync_id, reads.seen_at
    from all_reads as reads
    left join told_reads on reads.account = told_reads.account and told_reads.side = '{{ side }}'
    where reads.is_of_{{ side }} and (told_reads.account is null or reads.sync_id > told_reads.sync_id)
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- The accounts that were read since, and those with somebody about whom nothing was written yet.
accounts_looked_at as (

    select account from new_reads
    union distinct
    select everybody.account
    from (
        select account, identity_key from {{ ref('int_freshsales__crm_versions') }}
        union distinct
        select account, identity_key from {{ ref('int_freshsales__scim_versions') }}
    ) as everybody
    left join (select distinct account, identity_key from all_told where observation <> 'read') as known
        on {{ freshsales_identity.freshsales_same('everybody', 'known', ['account', 'identity_key']) }}
    where known.account is null

),

{{ freshsales_identity.freshsales_looked_at({
    'told': 'all_told',
    'reads': 'all_reads',
    'seats': ref('int_freshsales__seats'),
    'all_crm': ref('int_freshsales__crm_versions'),
    'scim': ref('int_freshsales__scim_versions'),
    'users': ref('int_freshsales__scim_users'),
    'roles': ref('stg_freshsales__roles'),
}) }},

-- A history from the time before role names were kept has only the id.
crm as (

    select *, coalesce(roles, cast(role_id as {{ text }})) as role_lines from all_crm

),

role_names as (

    select account, cast(role_id as {{ text }}) as role_lines, name from roles

),

current_keys as (

    select distinct account, identity_key from seats

),

-- The people whose match is ambiguous: somebody on the other side may be the same person.
ambiguous as (

    select distinct account, identity_key from seats where is_current and is_ambiguous

),

-- What was written, and about which ids. A CRM id that was handed on meanwhile has its new name here, `ID@RUN`.

told_states as (

    select
        told.account,
        told.identity_key,
        told.revision,
        told.observation,
        told.sync_id,
        {% for column in dict(state, **evidence) if column != 'crm_source_id' -%}
        told.{{ column }},
        {% endfor -%}
        coalesce(handed_on.source_id, told.crm_source_id) as crm_source_id
    from told
    left join seats as handed_on
        on
            told.account = handed_on.account
            and handed_on.side = 'crm'
            and told.crm_source_id = handed_on.upstream_id
            and told.crm_sync_id < handed_on.until_sync_id
            and (handed_on.from_sync_id is null or told.crm_sync_id >= handed_on.from_sync_id)
    where told.observation <> 'read'

),

last_revisions as (

    select account, identity_key, max(revision) as revision
    from told_states
    group by account, identity_key

),

last_told as (

    select told_states.*
    from told_states
    inner join last_revisions
        on {{ freshsales_identity.freshsales_same('told_states', 'last_revisions', ['account', 'identity_key', 'revision']) }}

),

told_ids as (

    {% for side in ['crm', 'scim'] -%}
    select
        told_states.account,
        '{{ side }}' as side,
        told_states.{{ side }}_source_id as source_id,
        told_states.identity_key,
        told_states.display_name,
        row_number() over (
            partition by told_states.account, told_states.{{ side }}_source_id
            order by
                case when last_told.account is null then 0 else 1 end desc,
                told_states.sync_id desc,
                told_states.revision desc,
                told_states.identity_key
        ) as place
    from told_states
    left join last_told
        on {{ freshsales_identity.freshsales_same('told_states', 'last_told', ['account', 'identity_key', 'revision']) }}
    where told_states.{{ side }}_source_id is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- The person of an id, by what was written last. PostgreSQL expects `= 1` to match one row in two hundred, and would
-- loop.
owners_told as (

    select * from told_ids where place <= 1

),

told_until as (

    select latest.account, latest.sync_id, reads.seen_at
    from (select account, max(sync_id) as sync_id from told_reads group by account) as latest
    inner join reads on latest.account = reads.account and latest.sync_id = reads.sync_id

),

new_points as (

    select distinct
        new_reads.account,
        case when told_until.sync_id > new_reads.sync_id then told_until.sync_id else new_reads.sync_id end as sync_id
    from new_reads
    left join told_until on new_reads.account = told_until.account

),

versions as (

    select account, identity_key, source_id, sync_id, 'crm' as side from crm
    union all
    select account, identity_key, source_id, sync_id, 'scim' from scim

),

known_since as (

    select account, identity_key, min(sync_id) as sync_id from versions group by account, identity_key

),

points as (

    select known_since.account, known_since.identity_key, new_points.sync_id
    from known_since
    inner join new_points
        on known_since.account = new_points.account and known_since.sync_id <= new_points.sync_id
    union distinct
    -- A person about whom nothing was written yet gets all of their states.
    select versions.account, versions.identity_key, versions.sync_id
    from versions
    left join last_told
        on {{ freshsales_identity.freshsales_same('versions', 'last_told', ['account', 'identity_key']) }}
    left join owners_told
        on {{ freshsales_identity.freshsales_same('versions', 'owners_told', ['account', 'side', 'source_id']) }}
    where last_told.account is null and owners_told.account is null

),

timeline as (

    select
        account,
        identity_key,
        sync_id,
        max(is_point) as is_point,
        max(crm_sync_id) as crm_sync_id,
        max(scim_sync_id) as scim_sync_id
    from (
        select account, identity_key, sync_id, 1 as is_point, null as crm_sync_id, null as scim_sync_id from points
        union all
        select
            versions.account,
            versions.identity_key,
            versions.sync_id,
            0,
            case versions.side when 'crm' then versions.sync_id end,
            case versions.side when 'scim' then versions.sync_id end
        from versions
        inner join (select distinct account, identity_key from points) as looked_at
            on {{ freshsales_identity.freshsales_same('versions', 'looked_at', ['account', 'identity_key']) }}
    ) as moments
    group by account, identity_key, sync_id

),

filled as (

    select
        account,
        identity_key,
        sync_id,
        is_point,
        {% for side in ['crm', 'scim'] -%}
        max({{ side }}_sync_id) over (
            partition by account, identity_key
            order by sync_id
            rows between unbounded preceding and current row
        ) as {{ side }}_sync_id{{ ',' if not loop.last }}
        {% endfor %}
    from timeline

),

-- The state of each identity at each of its points.

managers as (

    select account, manager, max(manager_scim_user_id) as scim_user_id, max(manager_named) as manager_named
    from users
    where manager is not null
    group by account, manager

),

seen as (

    select
        filled.account,
        filled.identity_key,
        filled.sync_id,
        -- A state that is written late does not change the head count of a day that has passed.
        case
            when told_until.sync_id > filled.sync_id then told_until.seen_at
            when crm.sync_id = filled.sync_id and scim.sync_id = filled.sync_id
                then case when crm.seen_at > scim.seen_at then crm.seen_at else scim.seen_at end
            when crm.sync_id = filled.sync_id then crm.seen_at
            when scim.sync_id = filled.sync_id then scim.seen_at
            else reads.seen_at
        end as seen_at,

        case when scim.account is null then 'crm' else 'scim' end as side,
        coalesce(scim.side_status, crm.side_status) as side_status,
        crm.source_id as crm_source_id,
        scim.source_id as scim_source_id,
        crm.side_status as crm_status,
        scim.side_status as scim_status,

        case when scim.account is null then crm.display_name else scim.display_name end as display_name,
        case when scim.account is null then crm.email else scim.email end as email,
        scim.department,
        scim.manager,
        coalesce(managers.scim_user_id, scim.manager) as manager_id,
        managers.manager_named,
        scim.role_names as scim_roles,
        case
            when role_names.name is null then crm.role_lines
            else concat(crm.role_lines, '{{ "\t" }}', role_names.name)
        end as crm_roles,
        coalesce(crm.role_names, role_names.name) as crm_role,

        crm.sync_id as crm_sync_id,
        crm.after_sync_id as crm_after_sync_id,
        crm.seen_at as crm_seen_at,
        scim.sync_id as scim_sync_id,
        scim.after_sync_id as scim_after_sync_id,
        scim.seen_at as scim_seen_at,

        -- A person who was not found on the other side is absent there only if that side was read after they came here,
        -- and if nobody there may be the same person.
        coalesce(
            reads.last_crm_sync_id >= scim.since_sync_id and (crm.account is not null or ambiguous.account is null),
            false
        ) as crm_is_read,
        coalesce(
            reads.last_scim_sync_id >= crm.since_sync_id and (scim.account is not null or ambiguous.account is null),
            false
        ) as scim_is_read
    from filled
    inner join reads on filled.account = reads.account and filled.sync_id = reads.sync_id
    left join told_until on filled.account = told_until.account
    left join crm
        on
            {{ freshsales_identity.freshsales_same('filled', 'crm', ['account', 'identity_key']) }}
            and filled.crm_sync_id = crm.sync_id
    left join scim
        on
            {{ freshsales_identity.freshsales_same('filled', 'scim', ['account', 'identity_key']) }}
            and filled.scim_sync_id = scim.sync_id
    left join ambiguous on {{ freshsales_identity.freshsales_same('filled', 'ambiguous', ['account', 'identity_key']) }}
    left join managers on scim.account = managers.account and scim.manager = managers.manager
    left join role_names on crm.account = role_names.account and crm.role_lines = role_names.role_lines
    where filled.is_point = 1

),

states as (

    select
        seen.*,
        {{ freshsales_identity.freshsales_identity_status(
            'seen.scim_status', 'seen.crm_status', 'seen.scim_is_read', 'seen.crm_is_read'
        ) }} as status,
        coalesce(manager_seats.identity_key, seen.manager_id) as manager_key,
        coalesce(manager_users.display_name, seen.manager_named, seen.manager) as manager_name
    from seen
    left join seats as manager_seats
        on
            seen.account = manager_seats.account
            and manager_seats.side = 'scim'
            and seen.manager_id = manager_seats.source_id
    left join users as manager_users
        on seen.account = manager_users.account and seen.manager_id = manager_users.scim_user_id

),

-- States that differ from the one before, which an earlier build or this one has written.

{%- set columns = state.keys() | list + evidence.keys() | list %}

followed as (

    select
        *,
        sum(1 - is_told) over (
            partition by account, identity_key
            order by is_told desc, sync_id
            rows between unbounded preceding and current row
        ) as place,
        lag(observation) over (partition by account, identity_key order by is_told desc, sync_id) as old_observation,
        {% for column in state -%}
        lag({{ column }}) over (partition by account, identity_key order by is_told desc, sync_id) as old_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            account,
            identity_key,
            sync_id,
            cast(null as {{ dbt.type_timestamp() }}) as seen_at,
            observation,
            revision,
            1 as is_told,
            {{ columns | join(', ') }}
        from last_told
        union all
        select account, identity_key, sync_id, seen_at, 'state', 0, 0, {{ columns | join(', ') }}
        from states
    ) as all_states

),

changed as (

    select
        followed.*,
        coalesce(last_told.revision, 0) + followed.place as revision_told
    from followed
    left join last_told
        on {{ freshsales_identity.freshsales_same('followed', 'last_told', ['account', 'identity_key']) }}
    where
        followed.is_told = 0
        and (
            coalesce(followed.old_observation, 'ended') = 'ended'
            {%- for column in state %}
            or followed.{{ column }} is distinct from followed.old_{{ column }}
            {%- endfor %}
        )

),

-- The ids that now belong to another person, and the ids that counted before and belong to another person now.
new_states as (

    select
        changed.account,
        changed.identity_key,
        changed.revision_told as revision,
        'state' as observation,
        changed.sync_id,
        changed.seen_at,
        {{ freshsales_identity.freshsales_columns_of('changed', columns) }},
        coalesce(
            coalesce(old_managers.identity_key, changed.old_manager_key) is distinct from changed.manager_key, false
        ) as manager_is_another,
        case changed.old_side
            when 'crm' then crm_before.identity_key <> changed.identity_key
            when 'scim' then scim_before.identity_key <> changed.identity_key
            else false
        end as has_parted,
        {% for side in ['crm', 'scim'] -%}
        {{ side }}_told.identity_key as {{ side }}_moved_from,
        {{ side }}_told.display_name as {{ side }}_moved_from_name,
        {% endfor -%}
        cast(null as {{ text }}) as moved_to
    from changed
    {% for side in ['crm', 'scim'] -%}
    left join owners_told as {{ side }}_told
        on
            changed.account = {{ side }}_told.account
            and {{ side }}_told.side = '{{ side }}'
            and changed.{{ side }}_source_id = {{ side }}_told.source_id
            and changed.identity_key <> {{ side }}_told.identity_key
            and changed.{{ side }}_source_id is distinct from changed.old_{{ side }}_source_id
    left join seats as {{ side }}_before
        on
            changed.account = {{ side }}_before.account
            and {{ side }}_before.side = '{{ side }}'
            and changed.old_{{ side }}_source_id = {{ side }}_before.source_id
    {% endfor -%}
    left join seats as old_managers
        on
            changed.account = old_managers.account
            and old_managers.side = 'scim'
            and changed.old_manager = old_managers.source_id

),

-- Keys whose ids have all gone to other people.
ended as (

    select
        last_told.account,
        last_told.identity_key,
        last_told.revision + 1 as revision,
        first_points.sync_id,
        reads.seen_at,
        coalesce(scim_now.identity_key, crm_now.identity_key) as moved_to
    from last_told
    inner join (select account, min(sync_id) as sync_id from new_points group by account) as first_points
        on last_told.account = first_points.account
    inner join reads on first_points.account = reads.account and first_points.sync_id = reads.sync_id
    left join current_keys
        on {{ freshsales_identity.freshsales_same('last_told', 'current_keys', ['account', 'identity_key']) }}
    {% for side in ['crm', 'scim'] -%}
    left join seats as {{ side }}_now
        on
            last_told.account = {{ side }}_now.account
            and {{ side }}_now.side = '{{ side }}'
            and last_told.{{ side }}_source_id = {{ side }}_now.source_id
    {% endfor -%}
    where last_told.observation = 'state' and current_keys.account is null

)

select * from new_states
union all
select
    account,
    identity_key,
    revision,
    'ended',
    sync_id,
    seen_at,
    {% for type in dict(state, **evidence).values() -%}
    cast(null as {{ type }}),
    {% endfor -%}
    false,
    false,
    null,
    null,
    null,
    null,
    moved_to
from ended
union all
select
    account,
    null,
    null,
    'read',
    sync_id,
    seen_at,
    {% for column, type in dict(state, **evidence).items() -%}
    {{ 'side' if column == 'side' else 'cast(null as ' ~ type ~ ')' }},
    {% endfor -%}
    false,
    false,
    null,
    null,
    null,
    null,
    null
from new_reads
