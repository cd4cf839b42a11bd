{#-
  Runs at the end of a run of dbt. If a test of this project failed, the run ends as failed, and names the tests and the
  accounts.

  The tests themselves only warn. A test that fails would keep dbt from building the models that follow, and so the rows
  of one account would stop the marts of all others. A test names accounts by its column `account`, and says what is
  wrong in its column `told`, if it has one. Nothing else of its rows is shown, because rows are about people.
-#}
{% macro freshsales_tell_failures(results) %}
    {%- set told = [] -%}
    {%- if execute -%}
        {%- for result in results if result.status in ['warn', 'fail'] -%}
            {%- set node = result.node -%}
            {%- if node.resource_type == 'test' and node.package_name == 'freshsales_identity' -%}
                {%- do told.append(node.name ~ ": " ~ freshsales_identity.freshsales_failing_accounts(node.compiled_code)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if told -%}
        {{- freshsales_identity.freshsales_fail(
            "Tests failed. What was built of these accounts is not to be relied on; that of the others is: " ~ told | join('; ')
        ) -}}
    {%- endif -%}
{% endmacro %}

{#- The accounts of the rows that a test found, as one text. -#}
{% macro freshsales_failing_accounts(test_sql) %}
    {%- set most_named = 20 -%}
    {%- set nobody = 'a row of no account' -%}
    {%- set failing = "(" ~ test_sql ~ "\n) as failing" -%}
    {%- set columns = run_query("select * from " ~ failing ~ " limit 1").column_names | map('lower') | list -%}
    {%- set account = "coalesce(account, '" ~ nobody ~ "')" if 'account' in columns else "'" ~ nobody ~ "'" -%}
    {%- set told = 'told' if 'told' in columns else "'in ' || cast(count(*) as " ~ dbt.type_string() ~ ") || ' rows'" -%}
    {%- set found = run_query(
        "select " ~ account ~ " as named, " ~ told ~ " as words from " ~ failing
        ~ " group by 1" ~ (", 2" if 'told' in columns else "") ~ " order by 1, 2"
    ).rows -%}
    {%- set named = [] -%}
    {%- for name, words in found[:most_named] -%}
        {%- do named.append(name ~ " " ~ words) -%}
    {%- endfor -%}
    {{- return(named | join(', ') ~ (" and " ~ (found | length - most_named) ~ " more" if found | length > most_named else "")) -}}
{% endmacro %}
