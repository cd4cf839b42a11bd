{#-
  The joins from `people` to each source of their account, and to the match and the user there, if the person has one.
  `people` and `sources` are names of steps; the result has the names `matches` and `users` beside them.
-#}
{% macro freshsales_idp_at_each_source(people='people', sources='sources') -%}
    {{ people }}
    inner join {{ sources }} on {{ people }}.account = {{ sources }}.account
    left join (select * from {{ ref('int_idp__matches') }}) as matches
        on
            matches.side = 'here'
            and {{ freshsales_identity.freshsales_same(people, 'matches', ['account', 'identity_key']) }}
            and {{ sources }}.source = matches.source
    left join (select * from {{ ref('int_idp__users') }}) as users
        on {{ freshsales_identity.freshsales_same('matches', 'users', ['account', 'source', 'idp_user_id']) }}
{%- endmacro %}
