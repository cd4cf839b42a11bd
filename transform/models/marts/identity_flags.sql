{{ config(schema=var('freshsales_marts_schema')) }}

{%- set flags = freshsales_identity.freshsales_review_flags() %}
{%- set person = ['account', 'identity_key'] %}
{%- set text = dbt.type_string() %}
{#- If people share something, at most this many are named, and the others are counted. #}
{%- set most_named = 3 %}

with told as (

    {% for flag in flags -%}
    select
        review.account,
        review.identity_key,
        cast('{{ flag.name }}' as {{ text }}) as flag,
        {% if flag.rests_on_providers %}coalesce(reasons.{{ flag.name }}, '{{ flag.meaning }}'){% else %}'{{ flag.meaning }}'{% endif %} as meaning,
        review.{{ flag.name }} as is_raised
    from (select * from {{ ref('access_review') }}) as review
    {%- if flag.rests_on_providers %}
    left join (select * from {{ ref('int_idp__reasons') }}) as reasons
        on {{ freshsales_identity.freshsales_same('review', 'reasons', person) }}
    {%- endif %}
    where review.{{ flag.name }} or review.{{ flag.name }} is null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

people as (

    select
        identities.*,
        coalesce(identities.display_name, identities.email, identities.identity_key) as name,
        {{ freshsales_identity.freshsales_lets_in('identities.crm_status') }} as can_use_crm,
        {{ freshsales_identity.freshsales_lets_in('identities.scim_status') }} as can_use_scim
    from (select * from {{ ref('identities') }}) as identities

),

reads as (

    select account, stream, {{ freshsales_identity.freshsales_day_in_words('max(finished_at)') }} as day
    from {{ ref('base_freshsales__complete_reads') }}
    group by account, stream

),

-- Since when somebody is gone or inactive; null if the first complete read found them so.
ended as (

    select
        {{ person | join(', ') }},
        event_type,
        {{ freshsales_identity.freshsales_day_in_words('max(first_seen_at)') }} as day
    from {{ ref('identity_changes') }}
    where event_type in ('deactivated', 'removed')
    group by {{ person | join(', ') }}, event_type

),

-- Since when a person holds a thing that a flag is about, in whatever way they hold it. What the first complete read
-- found may be held for longer.
grants as (

    select
        entitlements.account,
        entitlements.identity_key,
        entitlements.resource_type,
        entitlements.resource_id,
        entitlements.resource_name,
        history.after_sync_id,
        history.seen_at,
        row_number() over (
            partition by entitlements.account, entitlements.grant_key order by history.sync_id desc
        ) as age
    from (select * from {{ ref('identity_entitlements') }}) as entitlements
    inner join (
        select distinct {{ person | join(', ') }}
        from told
        where is_raised and flag in ('is_admin', 'has_outlier_entitlement')
    ) as holders
        on {{ freshsales_identity.freshsales_same('entitlements', 'holders', person) }}
    left join (select * from {{ ref('int_freshsales__grant_history') }}) as history
        on
            {{ freshsales_identity.freshsales_same('entitlements', 'history', ['account', 'grant_key']) }}
            and history.observation = 'held'

),

held as (

    select
        account,
        identity_key,
        resource_type,
        resource_id,
        max(resource_name) as resource_name,
        case
            -- What only an incomplete read has shown is in no history.
            when min(seen_at) is null then ''
            else concat(
                ' since ',
                {{ freshsales_identity.freshsales_day_in_words('min(seen_at)') }},
                case when count(*) > count(after_sync_id) then ' or before' else '' end
            )
        end as since
    from grants
    where age = 1
    group by account, identity_key, resource_type, resource_id

),

-- The addresses of people whom a side lets in, and the values by which they could be matched.
shared as (

    select 'shares_email' as flag, people.account, people.identity_key, people.name, emails.email as value
    from people
    inner join (select * from {{ ref('int_freshsales__scim_emails') }}) as emails
        on {{ freshsales_identity.freshsales_same('people', 'emails', ['account', 'scim_user_id']) }}
    where people.can_use_scim
    union distinct
    select 'shares_email', people.account, people.identity_key, people.name, owners.email
    from people
    inner join (select * from {{ ref('int_freshsales__owners') }}) as owners
        on people.account = owners.account and people.crm_owner_id = owners.owner_id
    where people.can_use_crm
    {% for side, id in {'crm': 'cast(people.crm_owner_id as ' ~ dbt.type_string() ~ ')', 'scim': 'people.scim_user_id'}.items() -%}
    union distinct
    select 'match_is_ambiguous', people.account, people.identity_key, people.name, candidates.value
    from people
    inner join (select * from {{ ref('int_freshsales__match_candidates') }}) as candidates
        on people.account = candidates.account and candidates.side = '{{ side }}' and {{ id }} = candidates.source_id
    where people.match_is_ambiguous
    {% endfor %}

),

sharers as (

    select
        *,
        count(*) over (partition by flag, account, value) as people,
        row_number() over (partition by flag, account, value order by identity_key) as place
    from shared
    where value is not null

),

shared_with as (

    select
        sharers.flag,
        sharers.account,
        sharers.identity_key,
        sharers.value,
        {{ dbt.listagg('others.name', "', '", 'order by others.identity_key') }} as names,
        {{ dbt.listagg('others.identity_key', "', '", 'order by others.identity_key') }} as identity_keys,
        case
            when max(sharers.people) - 1 > count(*)
                then concat(' and ', cast(max(sharers.people) - 1 - count(*) as {{ text }}), ' more')
            else ''
        end as more
    from sharers
    inner join sharers as others
        on
            {{ freshsales_identity.freshsales_same('sharers', 'others', ['flag', 'account', 'value']) }}
            and others.place <= {{ most_named }}
    where sharers.people > 1 and sharers.identity_key <> others.identity_key
    group by sharers.flag, sharers.account, sharers.identity_key, sharers.value

),

-- The evidence of a reason. `who` has names and addresses; `who_by_key` replaces it where names are left out.
evidence as (

    select
        people.account,
        people.identity_key,
        'is_orphaned_owner' as flag,
        '' as place,
        cast(null as {{ text }}) as who,
        cast(null as {{ text }}) as who_by_key,
        concat(
            case people.scim_status when 'removed' then 'gone from SCIM' else 'inactive in SCIM' end,
            case when ended.day is null then '' else concat(', seen on ', ended.day) end
        ) as words
    from people
    left join ended
        on
            {{ freshsales_identity.freshsales_same('people', 'ended', person) }}
            and ended.event_type = case people.scim_status when 'removed' then 'removed' else 'deactivated' end

    union all

    select
        account,
        identity_key,
        'is_unmanaged',
        '',
        null,
        null,
        concat(
            'CRM owner ',
            cast(crm_owner_id as {{ text }}),
            case
                when created_at is null then ''
                else concat(', created on ', {{ freshsales_identity.freshsales_day_in_words('created_at') }})
            end
        )
    from people

    union all

    select
        held.account,
        held.identity_key,
        'is_admin',
        held.resource_name,
        null,
        null,
        concat({{ freshsales_identity.freshsales_resource_in_words('held.resource_type', 'held.resource_name') }}, held.since)
    from held
    inner join people on {{ freshsales_identity.freshsales_same('held', 'people', person) }}
    where
        case held.resource_type
            when 'crm_role' then people.can_use_crm
            when 'scim_role' then people.can_use_scim
            else false
        end
        and (
            {{ freshsales_identity.freshsales_names_an_administrator('held.resource_name') }}
            or {{ freshsales_identity.freshsales_names_an_administrator('held.resource_id') }}
        )

    union all

    select
        people.account,
        people.identity_key,
        'manager_is_gone',
        '',
        coalesce(people.manager_name, people.manager_scim_user_id),
        -- Nobody knows what an id of the source says about a person. So it is left out.
        people.manager_identity_key,
        concat(
            case managers.scim_status
                when 'inactive' then ', inactive in SCIM'
                when 'removed' then ', gone from SCIM'
                else ', in no read of SCIM'
            end,
            case when ended.day is null then '' else concat(', seen on ', ended.day) end
        )
    from people
    left join people as managers
        on people.account = managers.account and people.manager_identity_key = managers.identity_key
    left join ended
        on
            managers.account = ended.account
            and managers.identity_key = ended.identity_key
            and ended.event_type = case managers.scim_status when 'removed' then 'removed' else 'deactivated' end

    union all

    select
        outliers.account,
        outliers.identity_key,
        'has_outlier_entitlement',
        concat(outliers.resource_type, outliers.resource_name),
        null,
        null,
        concat(
            {{ freshsales_identity.freshsales_resource_in_words('outliers.resource_type', 'outliers.resource_name') }},
            held.since,
            ', held by ',
            cast(outliers.peers_holding as {{ text }}),
            ' of ',
            cast(outliers.peers as {{ text }}),
            ' others ',
            {{ freshsales_identity.freshsales_job_in_words('outliers.peers_by', 'outliers.job', 'outliers.department') }},
            case
                when outliers.home_people is null then ' and by nobody else'
                else concat(
                    ', and by ',
                    cast(outliers.home_holders as {{ text }}),
                    ' of ',
                    cast(outliers.home_people as {{ text }}),
                    ' ',
                    {{ freshsales_identity.freshsales_job_in_words('outliers.home_by', 'outliers.home_job', 'outliers.home_department') }}
                )
            end,
            case
                when outliers.moved_from is not null
                    then concat(
                        ', moved here from ',
                        outliers.moved_from,
                        ', seen on ',
                        {{ freshsales_identity.freshsales_day_in_words('outliers.moved_seen_at') }}
                    )
                else ''
            end
        )
    from (select * from {{ ref('int_freshsales__outliers') }}) as outliers
    left join held
        on
            {{ freshsales_identity.freshsales_same(
                'outliers', 'held', ['account', 'identity_key', 'resource_type', 'resource_id']
            ) }}

    union all

    select account, identity_key, flag, value, concat(value, ' with ', names, more), concat('with ', identity_keys, more), ''
    from shared_with
    where flag = 'shares_email'

    union all

    select
        account,
        identity_key,
        'match_is_ambiguous',
        max(value),
        concat('or ', max(names), max(more)),
        concat('or ', max(identity_keys), max(more)),
        ''
    from shared_with
    where flag = 'match_is_ambiguous'
    group by account, identity_key

    union all

    select account, identity_key, 'match_is_ambiguous', '', null, null, 'at the identity provider or on the roster'
    from people
    where idp_match_is_ambiguous

    {% for flag, stream in {'has_no_manager': 'scim_users', 'has_no_group': 'scim_group_members'}.items() -%}
    union all

    select people.account, people.identity_key, '{{ flag }}', '', null, null, concat('read on ', reads.day)
    from people
    inner join reads on people.account = reads.account and reads.stream = '{{ stream }}'
    {% endfor %}

),

worded as (

    select
        told.account,
        told.identity_key,
        told.flag,
        {{ dbt.listagg('concat(evidence.who, evidence.words)', "'; '", 'order by evidence.place') }} as words,
        {{ dbt.listagg('concat(evidence.who_by_key, evidence.words)', "'; '", 'order by evidence.place') }}
            as words_without_names
    from told
    inner join evidence
        on {{ freshsales_identity.freshsales_same('told', 'evidence', ['account', 'identity_key', 'flag']) }}
    where told.is_raised
    group by told.account, told.identity_key, told.flag

)

select
    told.account,
    told.identity_key,
    told.flag,
    told.is_raised,
    {%- for suffix in ['', '_without_names'] %}
    case
        when told.is_raised
            then concat(
                told.meaning,
                case when worded.words{{ suffix }} is null then '' else concat(' (', worded.words{{ suffix }}, ')') end
            )
    end as reason{{ suffix }}{{ ',' if not loop.last }}
    {%- endfor %}
from told
left join worded on {{ freshsales_identity.freshsales_same('told', 'worded', ['account', 'identity_key', 'flag']) }}
