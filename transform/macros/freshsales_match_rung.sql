{#-
  The CTEs of one rung: among the candidates that the rungs before have not settled, a value that stands for exactly
  one owner and one SCIM user is a pair. Where it stands for more of either, or a user is in two pairs, nothing is
  guessed: all of them are tied, and settled too. Values are counted before they are joined, so that a thousand
  people behind one address cost a thousand rows and not a million.

  `found_N` (account, crm_owner_id, scim_user_id, match_method), `tied_N` and `settled_N` (account, side, source_id).
-#}
{% macro freshsales_match_rung(number, rung, condition) %}
{%- set before = number - 1 -%}
open_{{ number }} as (

    select candidates.*
    from candidates
    left join settled_{{ before }} as settled
        on {{ freshsales_identity.freshsales_same('candidates', 'settled', ['account', 'side', 'source_id']) }}
    where candidates.rung = '{{ rung }}' and {{ condition }} and settled.account is null

),

values_{{ number }} as (

    select
        account,
        value,
        sum(case side when 'crm' then 1 else 0 end) as owners,
        sum(case side when 'scim' then 1 else 0 end) as users,
        max(case side when 'crm' then source_id end) as crm_owner_id,
        max(case side when 'scim' then source_id end) as scim_user_id
    from open_{{ number }}
    group by account, value

),

pairs_{{ number }} as (

    select
        account,
        crm_owner_id,
        scim_user_id,
        count(*) over (partition by account, scim_user_id) as pairs_of_user
    from values_{{ number }}
    where owners = 1 and users = 1

),

tied_values_{{ number }} as (

    select opened.account, opened.side, opened.source_id
    from open_{{ number }} as opened
    inner join values_{{ number }} as met on opened.account = met.account and opened.value = met.value
    where met.owners > 0 and met.users > 0 and met.owners + met.users > 2

),

tied_{{ number }} as (

    select account, side, source_id from tied_values_{{ number }}
    union distinct
    select account, 'scim', scim_user_id from pairs_{{ number }} where pairs_of_user > 1
    union distinct
    select pairs.account, 'crm', pairs.crm_owner_id
    from pairs_{{ number }} as pairs
    left join tied_values_{{ number }} as tied
        on pairs.account = tied.account and tied.side = 'scim' and pairs.scim_user_id = tied.source_id
    where pairs.pairs_of_user > 1 or tied.account is not null

),

found_{{ number }} as (

    select pairs.account, pairs.crm_owner_id, pairs.scim_user_id, '{{ rung }}' as match_method
    from pairs_{{ number }} as pairs
    left join tied_{{ number }} as tied
        on pairs.account = tied.account and tied.side = 'scim' and pairs.scim_user_id = tied.source_id
    where tied.account is null

),

settled_{{ number }} as (

    select account, side, source_id from settled_{{ before }}
    union all
    select account, 'crm', crm_owner_id from found_{{ number }}
    union all
    select account, 'scim', scim_user_id from found_{{ number }}
    union all
    select account, side, source_id from tied_{{ number }}

)
{%- endmacro %}
