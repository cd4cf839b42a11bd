{#-
  The transitive closure of `links` (account, group_id, inner_group_id): every group that is in another one, at any
  depth. Groups may contain each other in circles. `union` ends there, because it finds no new row.
-#}
{% macro freshsales_groups_within(links) %}
    {{- return(adapter.dispatch('freshsales_groups_within', 'freshsales_identity')(links)) -}}
{% endmacro %}

{% macro default__freshsales_groups_within(links) %}
    with recursive within_group as (
        select account, group_id, inner_group_id
        from {{ links }}
        union
        select within_group.account, within_group.group_id, links.inner_group_id
        from within_group
        inner join {{ links }} as links
            on within_group.account = links.account and within_group.inner_group_id = links.group_id
    )

    select account, group_id, inner_group_id from within_group
{% endmacro %}

{#- These two know only `union all` here, which never ends on a circle. So the depth is limited. -#}
{% macro snowflake__freshsales_groups_within(links) %}
    {{- return(freshsales_identity.freshsales_groups_within_by_depth(links)) -}}
{% endmacro %}

{% macro bigquery__freshsales_groups_within(links) %}
    {{- return(freshsales_identity.freshsales_groups_within_by_depth(links)) -}}
{% endmacro %}

{% macro freshsales_groups_within_by_depth(links, deepest=10) %}
    with recursive within_group as (
        select account, group_id, inner_group_id, 1 as depth
        from {{ links }}
        union all
        select within_group.account, within_group.group_id, links.inner_group_id, within_group.depth + 1
        from within_group
        inner join {{ links }} as links
            on within_group.account = links.account and within_group.inner_group_id = links.group_id
        where within_group.depth < {{ deepest }}
    )

    select distinct account, group_id, inner_group_id from within_group
{% endmacro %}
