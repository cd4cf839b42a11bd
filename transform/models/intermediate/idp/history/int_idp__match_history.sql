{{ config(
    schema=var('freshsales_history_schema'),
    meta={'key': ['account', 'source', 'side', 'source_id', 'matched_at']},
) }}

{#- What identifies a person for certain, or nearly so. It is compared before any address, for everybody. #}
{%- set by_id = ['app_user_id', 'external_id', 'external_alias', 'employee_number'] %}
{%- set by_address = ['login', 'primary_email', 'any_email'] %}
{%- set sides = {'here': 'identity_key', 'idp': 'idp_user_id'} %}
{%- set scope = ['account', 'source'] %}

with people as (

    select sources.source, people.*
    from (select * from {{ ref('int_idp__people') }}) as people
    inner join (select * from {{ ref('int_idp__sources') }}) as sources on people.account = sources.account

),

idp_users as (

    select * from {{ ref('stg_idp__users') }}

),

earlier as (

    {% if is_incremental() -%}
    select * from {{ this }}
    {%- else -%}
    select
        account,
        source,
        identity_key as side,
        identity_key as source_id,
        identity_key,
        scim_user_id,
        crm_owner_id,
        scim_user_id as idp_user_id,
        source as match_method,
        source as first_method,
        false as is_ambiguous,
        {{ freshsales_identity.freshsales_utc_now() }} as matched_at
    from people
    where false
    {%- endif %}

),

-- The last match of each id that a person has here.
earlier_of_ids as (

    select
        people.account,
        people.source,
        people.identity_key,
        people.is_present,
        earlier.idp_user_id,
        earlier.first_method,
        row_number() over (
            partition by people.account, people.source, people.identity_key
            order by earlier.matched_at desc, earlier.idp_user_id
        ) as age
    from people
    inner join earlier
        on
            people.account = earlier.account
            and people.source = earlier.source
            and (people.scim_user_id = earlier.scim_user_id or people.crm_owner_id = earlier.crm_owner_id)
    where earlier.side = 'here' and earlier.idp_user_id is not null

),

candidates as (

    select account, source, side, source_id, is_present, rung, value, names_somebody_not_loaded
    from {{ ref('int_idp__match_candidates') }}
    union all
    select
        account,
        source,
        'here',
        identity_key,
        is_present,
        case when first_method in ('{{ by_id | join("', '") }}') then 'earlier_by_id' else 'earlier_by_address' end,
        idp_user_id,
        false
    from earlier_of_ids
    where age = 1
    union all
    select account, source, 'idp', idp_user_id, true, rungs.rung, idp_user_id, false
    from idp_users
    cross join (select 'earlier_by_id' as rung union all select 'earlier_by_address') as rungs

),

settled_0 as (

    select account, source, side, source_id from candidates where false

),

{% for rung in by_id -%}
{{ freshsales_identity.freshsales_match_rung(loop.index, rung, 'true', scope=scope, sides=sides) }},

{% endfor -%}

-- A person who was once matched by an id stays matched: an assignment may vanish when somebody leaves, and their
-- address may be given to somebody else.
{{ freshsales_identity.freshsales_match_rung(5, 'earlier_by_id', 'true', method='earlier_match', scope=scope, sides=sides) }},

-- Addresses, first among the people who are here ...
{% for rung in by_address -%}
{{ freshsales_identity.freshsales_match_rung(
    loop.index + 5, rung, 'candidates.is_present and not candidates.names_somebody_not_loaded', scope=scope, sides=sides
) }},

{% endfor -%}

-- ... and then with the people who are gone.
{% for rung in by_address -%}
{{ freshsales_identity.freshsales_match_rung(
    loop.index + 8, rung, 'not candidates.names_somebody_not_loaded', scope=scope, sides=sides
) }},

{% endfor -%}

{{ freshsales_identity.freshsales_match_rung(12, 'earlier_by_address', 'true', method='earlier_match', scope=scope, sides=sides) }},

found as (

    {% for number in range(1, 13) -%}
    select *, {{ number }} as rung_number from found_{{ number }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

tied as (

    {% for number in range(1, 13) -%}
    select account, source, side, source_id from tied_{{ number }}
    {{ 'union distinct' if not loop.last }}
    {% endfor %}

),

-- An address matches a person with somebody else than before, whom now nobody is matched with. The address of a leaver
-- was given to a colleague, or the account here was: the addresses do not tell which.
handed_on as (

    select found.account, found.source, found.identity_key, found.idp_user_id, users_before.idp_user_id as earlier_idp_user_id
    from found
    inner join earlier_of_ids
        on
            {{ freshsales_identity.freshsales_same('found', 'earlier_of_ids', ['account', 'source', 'identity_key']) }}
            and earlier_of_ids.age = 1
    inner join idp_users as users_before
        on {{ freshsales_identity.freshsales_same('earlier_of_ids', 'users_before', ['account', 'source', 'idp_user_id']) }}
    left join settled_12
        on
            users_before.account = settled_12.account
            and users_before.source = settled_12.source
            and settled_12.side = 'idp'
            and users_before.idp_user_id = settled_12.source_id
    where found.rung_number between 6 and 11 and settled_12.source_id is null

),

-- An address matches the SCIM user of one person and the owner of another person, and no id has matched them.
contradicted as (

    select distinct found.account, found.source, found.identity_key, found.idp_user_id
    from found
    inner join people on {{ freshsales_identity.freshsales_same('found', 'people', ['account', 'source', 'identity_key']) }}
    inner join idp_users as others
        on
            people.account = others.account
            and people.source = others.source
            and people.owner_email = others.email
            and found.idp_user_id <> others.idp_user_id
    left join settled_5
        on
            others.account = settled_5.account
            and others.source = settled_5.source
            and settled_5.side = 'idp'
            and others.idp_user_id = settled_5.source_id
    where found.rung_number > 5 and people.scim_user_id is not null and settled_5.source_id is null
    union distinct
    select account, source, identity_key, idp_user_id from handed_on

),

contradicted_there as (

    select account, source, idp_user_id from contradicted
    union distinct
    select account, source, earlier_idp_user_id from handed_on

),

not_loaded as (

    select distinct account, source, source_id as identity_key
    from {{ ref('int_idp__match_candidates') }}
    where side = 'here' and names_somebody_not_loaded

),

here as (

    select
        people.account,
        people.source,
        'here' as side,
        people.identity_key as source_id,
        people.identity_key,
        people.scim_user_id,
        people.crm_owner_id,
        case when contradicted.account is null then found.idp_user_id end as idp_user_id,
        case when contradicted.account is null then found.match_method end as match_method,
        tied.account is not null
        or contradicted.account is not null
        or (not_loaded.account is not null and found.account is null) as is_ambiguous
    from people
    left join found on {{ freshsales_identity.freshsales_same('people', 'found', ['account', 'source', 'identity_key']) }}
    left join tied
        on
            people.account = tied.account
            and people.source = tied.source
            and tied.side = 'here'
            and people.identity_key = tied.source_id
    left join contradicted
        on {{ freshsales_identity.freshsales_same('people', 'contradicted', ['account', 'source', 'identity_key']) }}
    left join not_loaded
        on {{ freshsales_identity.freshsales_same('people', 'not_loaded', ['account', 'source', 'identity_key']) }}

),

there as (

    select
        idp_users.account,
        idp_users.source,
        'idp' as side,
        idp_users.idp_user_id as source_id,
        case when contradicted_there.account is null then found.identity_key end as identity_key,
        cast(null as {{ dbt.type_string() }}) as scim_user_id,
        cast(null as {{ dbt.type_string() }}) as crm_owner_id,
        idp_users.idp_user_id,
        case when contradicted_there.account is null then found.match_method end as match_method,
        tied.account is not null or contradicted_there.account is not null as is_ambiguous
    from idp_users
    left join found
        on {{ freshsales_identity.freshsales_same('idp_users', 'found', ['account', 'source', 'idp_user_id']) }}
    left join tied
        on
            idp_users.account = tied.account
            and idp_users.source = tied.source
            and tied.side = 'idp'
            and idp_users.idp_user_id = tied.source_id
    left join contradicted_there
        on {{ freshsales_identity.freshsales_same('idp_users', 'contradicted_there', ['account', 'source', 'idp_user_id']) }}

),

matches as (

    select * from here
    union all
    select * from there

),

latest as (

    select * from (
        select
            *,
            row_number() over (partition by account, source, side, source_id order by matched_at desc) as age
        from earlier
    ) as numbered
    where age = 1

)

-- Only what is new is appended, so each row says what was known from then on.
select
    matches.account,
    matches.source,
    matches.side,
    matches.source_id,
    matches.identity_key,
    matches.scim_user_id,
    matches.crm_owner_id,
    matches.idp_user_id,
    matches.match_method,
    -- By the method of the first match: an earlier match counts as much as that.
    case
        when matches.match_method = 'earlier_match' then earlier_of_ids.first_method
        else matches.match_method
    end as first_method,
    matches.is_ambiguous,
    {{ freshsales_identity.freshsales_utc_now() }} as matched_at
from matches
left join latest on {{ freshsales_identity.freshsales_same('matches', 'latest', ['account', 'source', 'side', 'source_id']) }}
left join earlier_of_ids
    on
        {{ freshsales_identity.freshsales_same('matches', 'earlier_of_ids', ['account', 'source', 'identity_key']) }}
        and earlier_of_ids.age = 1
where
    latest.account is null
    {%- for column in ['identity_key', 'scim_user_id', 'crm_owner_id', 'idp_user_id', 'match_method', 'is_ambiguous'] %}
    or matches.{{ column }} is distinct from latest.{{ column }}
    {%- endfor %}
