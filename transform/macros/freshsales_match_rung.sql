{#-
  The CTEs of one rung of the match. Among the candidates that the rungs before have not settled, a value that stands
  for exactly one id of each side makes a pair. If a value stands for more, or an id is in two pairs, nothing is
  guessed: all of them are tied, and settled too. Values are counted before they are joined, so that a thousand people
  with one address cost a thousand rows and not a million.

  `sides` names the two sides and the columns with their ids; `scope` names the columns in which two ids must agree
  before they are compared. The result is `found_N` (scope, the two ids, match_method), `tied_N` and `settled_N` (scope,
  side, source_id).
-#}
{% macro freshsales_match_rung(
    number,
    rung,
    condition,
    method=none,
    scope=['account'],
    sides={'crm': 'crm_owner_id', 'scim': 'scim_user_id'}
) %}
{%- set before = number - 1 -%}
{%- set keys = scope | join(', ') -%}
{%- set names = sides.keys() | list -%}
{%- set ids = sides.values() | list -%}
open_{{ number }} as (

    select candidates.*
    from candidates
    left join settled_{{ before }} as settled
        on {{ freshsales_identity.freshsales_same('candidates', 'settled', scope + ['side', 'source_id']) }}
    where candidates.rung = '{{ rung }}' and {{ condition }} and settled.account is null

),

values_{{ number }} as (

    select
        {{ keys }},
        value,
        {% for name, id in sides.items() -%}
        count(distinct case side when '{{ name }}' then source_id end) as {{ id }}s,
        max(case side when '{{ name }}' then source_id end) as {{ id }}{{ ',' if not loop.last }}
        {% endfor %}
    from open_{{ number }}
    group by {{ keys }}, value

),

pairs_{{ number }} as (

    select
        *,
        {% for id in ids -%}
        count(*) over (partition by {{ keys }}, {{ id }}) as pairs_of_{{ id }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select distinct {{ keys }}, {{ ids | join(', ') }}
        from values_{{ number }}
        where {{ ids[0] }}s = 1 and {{ ids[1] }}s = 1
    ) as met

),

tied_values_{{ number }} as (

    select distinct {{ freshsales_identity.freshsales_columns_of('opened', scope + ['side', 'source_id']) }}
    from open_{{ number }} as opened
    inner join values_{{ number }} as met
        on {{ freshsales_identity.freshsales_same('opened', 'met', scope + ['value']) }}
    where met.{{ ids[0] }}s > 0 and met.{{ ids[1] }}s > 0 and met.{{ ids[0] }}s + met.{{ ids[1] }}s > 2

),

judged_{{ number }} as (

    select
        {{ freshsales_identity.freshsales_columns_of('pairs', scope + ids) }},
        pairs.pairs_of_{{ ids[0] }} = 1
        and pairs.pairs_of_{{ ids[1] }} = 1
        and tied_left.source_id is null
        and tied_right.source_id is null as is_found
    from pairs_{{ number }} as pairs
    left join tied_values_{{ number }} as tied_left
        on {{ freshsales_identity.freshsales_same('pairs', 'tied_left', scope) }}
        and tied_left.side = '{{ names[0] }}' and pairs.{{ ids[0] }} = tied_left.source_id
    left join tied_values_{{ number }} as tied_right
        on {{ freshsales_identity.freshsales_same('pairs', 'tied_right', scope) }}
        and tied_right.side = '{{ names[1] }}' and pairs.{{ ids[1] }} = tied_right.source_id

),

tied_{{ number }} as (

    select {{ keys }}, side, source_id from tied_values_{{ number }}
    {% for name, id in sides.items() -%}
    union distinct
    select {{ keys }}, '{{ name }}', {{ id }} from judged_{{ number }} where not is_found
    {% endfor %}

),

found_{{ number }} as (

    select {{ keys }}, {{ ids | join(', ') }}, '{{ method or rung }}' as match_method
    from judged_{{ number }}
    where is_found

),

settled_{{ number }} as (

    select {{ keys }}, side, source_id from settled_{{ before }}
    {% for name, id in sides.items() -%}
    union all
    select {{ keys }}, '{{ name }}', {{ id }} from found_{{ number }}
    {% endfor %}
    union all
    select {{ keys }}, side, source_id from tied_{{ number }}

)
{%- endmacro %}
