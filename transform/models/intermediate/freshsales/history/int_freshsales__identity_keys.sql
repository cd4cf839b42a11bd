{{ config(
    schema=var('freshsales_history_schema'),
    unique_key=['account', 'side', 'source_id'],
    meta={'key': ['account', 'side', 'source_id']},
) }}

{%- set rungs = ['uuid', 'primary_email', 'any_email', 'user_name'] %}
{%- set earlier_match = rungs | length + 1 %}
{%- set text = dbt.type_string() %}

with candidates as (

    select * from {{ ref('int_freshsales__match_candidates') }}

),

current_ids as (

    select
        account,
        'crm' as side,
        cast(owner_id as {{ text }}) as source_id,
        display_name,
        email,
        is_present,
        sync_id
    from {{ ref('int_freshsales__owners') }}
    union all
    select account, 'scim', scim_user_id, display_name, email, is_present, sync_id
    from {{ ref('int_freshsales__scim_users') }}

),

remembered as (

    {{ freshsales_identity.freshsales_remembered({
        'account': text,
        'side': text,
        'source_id': text,
        'identity_key': text,
        'crm_owner_id': text,
        'scim_user_id': text,
        'match_method': text,
        'is_ambiguous': dbt.type_boolean(),
        'is_current': dbt.type_boolean(),
        'first_sync_id': text,
        'matched_name': text,
        'matched_email': text,
    }) }}

),

-- First the rungs among the people who are there ...
settled_0 as (

    select account, side, source_id from current_ids where false

),

{% for rung in rungs -%}
{{ freshsales_identity.freshsales_match_rung(loop.index, rung, 'candidates.is_present') }},

{% endfor -%}

found_pairs as (

    {% for rung in rungs -%}
    select account, crm_owner_id, scim_user_id from found_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

found_ids as (

    select account, 'crm' as side, crm_owner_id as source_id from found_pairs
    union all
    select account, 'scim', scim_user_id from found_pairs

),

-- If both the name and the address of a CRM id have changed since its last match, and now match another SCIM user, the
-- id belongs to another person now. Its past goes on as an id of its own that is gone: `ID@RUN`.
handed_on as (

    select
        current_ids.account,
        current_ids.source_id,
        concat(current_ids.source_id, '@', current_ids.sync_id) as seat_id
    from current_ids
    inner join found_pairs
        on current_ids.account = found_pairs.account and current_ids.source_id = found_pairs.crm_owner_id
    inner join remembered
        on {{ freshsales_identity.freshsales_same('current_ids', 'remembered', ['account', 'side', 'source_id']) }}
    where
        current_ids.side = 'crm'
        and found_pairs.scim_user_id is distinct from remembered.scim_user_id
        and lower(current_ids.display_name) <> lower(remembered.matched_name)
        and lower(current_ids.email) <> lower(remembered.matched_email)

),

earlier as (

    select
        remembered.account,
        remembered.side,
        coalesce(handed_on.seat_id, remembered.source_id) as source_id,
        remembered.identity_key,
        remembered.is_current,
        remembered.first_sync_id
    from remembered
    left join handed_on
        on
            remembered.account = handed_on.account
            and remembered.side = 'crm'
            and remembered.source_id = handed_on.source_id

),

ids as (

    select account, side, source_id, is_present, sync_id from current_ids
    union all
    -- The ids that were handed on, and those whose rows the loader has deleted.
    select earlier.account, earlier.side, earlier.source_id, false, earlier.first_sync_id
    from earlier
    left join current_ids
        on {{ freshsales_identity.freshsales_same('earlier', 'current_ids', ['account', 'side', 'source_id']) }}
    where current_ids.account is null

),

-- ... then two ids that were one person stay together, if no rung found another partner for either. So an address that
-- changes on one side first, or a side that is gone, does not split a person. If several shared a key, the latest
-- counts.
together as (

    select
        ids.account,
        ids.side,
        ids.source_id,
        earlier.identity_key,
        row_number() over (
            partition by ids.account, ids.side, earlier.identity_key
            order by ids.is_present desc, ids.sync_id desc, earlier.is_current desc, ids.source_id
        ) as place
    from ids
    inner join earlier
        on {{ freshsales_identity.freshsales_same('ids', 'earlier', ['account', 'side', 'source_id']) }}
    left join found_ids
        on {{ freshsales_identity.freshsales_same('ids', 'found_ids', ['account', 'side', 'source_id']) }}
    where found_ids.account is null

),

found_{{ earlier_match }} as (

    select
        owner_side.account,
        owner_side.source_id as crm_owner_id,
        user_side.source_id as scim_user_id,
        'earlier_match' as match_method
    from together as owner_side
    inner join together as user_side
        on owner_side.account = user_side.account and owner_side.identity_key = user_side.identity_key
    where owner_side.side = 'crm' and user_side.side = 'scim' and owner_side.place = 1 and user_side.place = 1

),

settled_{{ earlier_match }} as (

    select account, side, source_id from settled_{{ earlier_match - 1 }}
    union distinct
    select account, 'crm', crm_owner_id from found_{{ earlier_match }}
    union distinct
    select account, 'scim', scim_user_id from found_{{ earlier_match }}

),

-- ... and then the rungs for everybody who is left, now with the people who are gone.
{% for rung in rungs -%}
{{ freshsales_identity.freshsales_match_rung(earlier_match + loop.index, rung, 'true') }},

{% endfor -%}

matched_ids as (

    {% for number in range(1, 2 * earlier_match) -%}
    select account, 'crm' as side, crm_owner_id as source_id, crm_owner_id, scim_user_id, match_method
    from found_{{ number }}
    union all
    select account, 'scim', scim_user_id, crm_owner_id, scim_user_id, match_method
    from found_{{ number }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

tied_ids as (

    {% for number in range(1, 2 * earlier_match) if number != earlier_match -%}
    select account, side, source_id from tied_{{ number }}
    {{ 'union distinct' if not loop.last }}
    {% endfor %}

),

-- One row for each id, with the person to whom it belongs: the pair, or the id alone.
people as (

    select
        ids.account,
        ids.side,
        ids.source_id,
        ids.sync_id,
        matched_ids.match_method,
        tied_ids.account is not null as is_ambiguous,
        case ids.side when 'crm' then ids.source_id else matched_ids.crm_owner_id end as crm_owner_id,
        case ids.side when 'scim' then ids.source_id else matched_ids.scim_user_id end as scim_user_id,
        concat(
            coalesce(case ids.side when 'crm' then ids.source_id else matched_ids.crm_owner_id end, ''),
            '|',
            coalesce(case ids.side when 'scim' then ids.source_id else matched_ids.scim_user_id end, '')
        ) as person,
        case when ids.is_present then 1 else 0 end as is_present
    from ids
    left join matched_ids
        on {{ freshsales_identity.freshsales_same('ids', 'matched_ids', ['account', 'side', 'source_id']) }}
    left join tied_ids
        on {{ freshsales_identity.freshsales_same('ids', 'tied_ids', ['account', 'side', 'source_id']) }}

),

-- A person has a claim to the keys that their ids had. If ids have parted, the order is: people who are there, then the
-- person who has both ids of the key, then the SCIM user.
claims as (

    select
        people.account,
        people.person,
        earlier.identity_key,
        min(earlier.first_sync_id) as first_sync_id,
        max(case people.side when 'scim' then 1 else 0 end) as is_by_user,
        row_number() over (
            partition by people.account, earlier.identity_key
            order by
                max(people.is_present) desc,
                count(*) desc,
                max(case people.side when 'scim' then 1 else 0 end) desc,
                people.person
        ) as place
    from people
    inner join earlier
        on {{ freshsales_identity.freshsales_same('people', 'earlier', ['account', 'side', 'source_id']) }}
    group by people.account, people.person, earlier.identity_key

),

-- If two keys have come together in one person, the older one stays.
kept as (

    select
        account,
        person,
        identity_key,
        row_number() over (
            partition by account, person
            order by first_sync_id, is_by_user desc, identity_key
        ) as place
    from claims
    where place = 1

),

holders as (

    select claims.account, claims.identity_key as claimed_key, kept.identity_key
    from claims
    inner join kept on claims.account = kept.account and claims.person = kept.person
    where claims.place = 1 and kept.place = 1

),

used_keys as (

    select distinct account, identity_key from earlier

),

keyed as (

    select
        people.*,
        kept.identity_key as kept_key,
        -- An id that is gone, alone, and whose key went to another id: the same person had it before.
        case
            when kept.identity_key is null and people.is_present = 0 and people.match_method is null
                then holders.identity_key
        end as passed_on_key,
        earlier.first_sync_id,
        {{ dbt.hash("concat(people.account, '|', case when people.scim_user_id is null then 'crm' else 'scim' end, '|', coalesce(people.scim_user_id, people.crm_owner_id))") }} as own_key
    from people
    left join kept on people.account = kept.account and people.person = kept.person and kept.place = 1
    left join earlier
        on {{ freshsales_identity.freshsales_same('people', 'earlier', ['account', 'side', 'source_id']) }}
    left join holders on earlier.account = holders.account and earlier.identity_key = holders.claimed_key

),

final as (

    select
        keyed.account,
        keyed.side,
        keyed.source_id,
        coalesce(
            keyed.kept_key,
            keyed.passed_on_key,
            case
                when used_keys.account is null then keyed.own_key
                else {{ dbt.hash("concat(keyed.own_key, '|', max(keyed.sync_id) over (partition by keyed.account, keyed.person))") }}
            end
        ) as identity_key,
        keyed.crm_owner_id,
        keyed.scim_user_id,
        keyed.match_method,
        keyed.is_ambiguous,
        keyed.passed_on_key is null as is_current,
        coalesce(keyed.first_sync_id, keyed.sync_id) as first_sync_id,
        -- Only a new match shows that a changed name or address still belongs to the same person.
        case
            when keyed.match_method = 'earlier_match' then remembered.matched_name else current_ids.display_name
        end as matched_name,
        case
            when keyed.match_method = 'earlier_match' then remembered.matched_email else current_ids.email
        end as matched_email
    from keyed
    left join current_ids
        on {{ freshsales_identity.freshsales_same('keyed', 'current_ids', ['account', 'side', 'source_id']) }}
    left join remembered
        on {{ freshsales_identity.freshsales_same('keyed', 'remembered', ['account', 'side', 'source_id']) }}
    left join used_keys on keyed.account = used_keys.account and keyed.own_key = used_keys.identity_key

)

select final.*
from final
left join remembered
    on {{ freshsales_identity.freshsales_same('final', 'remembered', ['account', 'side', 'source_id']) }}
where
    remembered.account is null
    {%- for column in [
        'identity_key', 'crm_owner_id', 'scim_user_id', 'match_method', 'is_ambiguous', 'is_current', 'matched_name',
        'matched_email',
    ] %}
    or final.{{ column }} is distinct from remembered.{{ column }}
    {%- endfor %}
