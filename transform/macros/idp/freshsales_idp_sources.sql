{#-
  The entries of the variable `freshsales_idp`, or else of FRESHSALES_IDP in the environment, checked and with their defaults filled in. Each is a dictionary with
  `source`, `adapter`, `kind` (`idp` or `roster`), `database`, `schema`, `account`, `app_ids`, `complete` (the objects
  that the administrator declares to be whole lists) and `left_statuses`.
-#}
{% macro freshsales_idp_sources() %}
    {%- set adapters = ['okta', 'entra', 'google', 'onelogin', 'roster', 'contract'] -%}
    {%- set objects = ['users', 'app_assignments', 'events'] -%}
    {%- set known = ['source', 'adapter', 'kind', 'database', 'schema', 'account', 'app_ids', 'complete', 'path'] -%}
    {%- set left_statuses = var('freshsales_idp_left_statuses') -%}
    {%- set entries = [] -%}
    {%- set accounts = {} -%}
    {%- set given = freshsales_identity.freshsales_setting('idp', '[]') -%}
    {%- if given is string -%}{%- set given = fromyaml(given, 'unreadable') or [] -%}{%- endif -%}
    {%- if given is string or given is mapping or given | reject('mapping') | list -%}
        {{ exceptions.raise_compiler_error('freshsales_idp (or FRESHSALES_IDP in the environment) has to be a list of entries: [{source: okta, adapter: okta, schema: freshsales_okta}]') }}
    {%- endif -%}
    {%- for entry in given -%}
        {%- set name = entry.get('source') -%}
        {%- set adapter_name = entry.get('adapter') -%}
        {%- set where = 'freshsales_idp, entry ' ~ loop.index ~ ': ' -%}
        {%- for setting in entry if setting not in known -%}
            {{ exceptions.raise_compiler_error(where ~ '`' ~ setting ~ '` is not a setting. Known are: ' ~ known | join(', ') ~ '.') }}
        {%- endfor -%}
        {%- for setting in ['source', 'adapter', 'schema'] if not entry.get(setting) -%}
            {{ exceptions.raise_compiler_error(where ~ '`' ~ setting ~ '` is missing.') }}
        {%- endfor -%}
        {%- if adapter_name not in adapters -%}
            {{ exceptions.raise_compiler_error(where ~ 'there is no adapter `' ~ adapter_name ~ '`. Use one of: ' ~ adapters | join(', ') ~ '.') }}
        {%- endif -%}
        {%- if entry.get('kind', 'idp') not in ['idp', 'roster'] -%}
            {{ exceptions.raise_compiler_error(where ~ '`kind` is `idp` or `roster`.') }}
        {%- endif -%}
        {%- for object in entry.get('complete', []) if object not in objects -%}
            {{ exceptions.raise_compiler_error(where ~ '`complete` lists objects: ' ~ objects | join(', ') ~ '.') }}
        {%- endfor -%}
        {%- set account = entry.get('account') or 'all' -%}
        {%- set others = accounts.setdefault(name, []) -%}
        {%- if account in others or (others and 'all' in others + [account]) -%}
            {{ exceptions.raise_compiler_error(where ~ 'the source `' ~ name ~ '` is there already. One source may be named again only with an `account` of its own in each entry.') }}
        {%- endif -%}
        {%- do others.append(account) -%}
        {%- set path = entry.get('path') if target.type == 'duckdb' else none -%}
        {%- do entries.append({
            'source': name,
            'adapter': adapter_name,
            'kind': entry.get('kind', 'roster' if adapter_name == 'roster' else 'idp'),
            'database': entry.get('database') or (freshsales_identity.freshsales_idp_attached(name, path) if path else source('freshsales', 'owners').database),
            'schema': entry.schema,
            'account': entry.get('account'),
            'app_ids': entry.get('app_ids') or [],
            'complete': entry.get('complete') or [],
            'left_statuses': left_statuses.get(name, left_statuses.get(adapter_name, [])),
        }) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{#- The sources as rows: account (null if the rows themselves name it), source, kind, adapter, place. -#}
{% macro freshsales_idp_source_rows() %}
    {%- for entry in freshsales_identity.freshsales_idp_sources() %}
    select
        cast({{ freshsales_identity.freshsales_idp_literal(entry.account) }} as {{ dbt.type_string() }}) as account,
        cast('{{ entry.source }}' as {{ dbt.type_string() }}) as source,
        cast('{{ entry.kind }}' as {{ dbt.type_string() }}) as kind,
        cast('{{ entry.adapter }}' as {{ dbt.type_string() }}) as adapter,
        {{ loop.index }} as place
    union all
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as account,
        cast(null as {{ dbt.type_string() }}) as source,
        cast(null as {{ dbt.type_string() }}) as kind,
        cast(null as {{ dbt.type_string() }}) as adapter,
        0 as place
    where false
{% endmacro %}

{% macro freshsales_idp_literal(value) -%}
    {%- if value is none -%}null{%- else -%}'{{ (value | string).replace("'", "''") }}'{%- endif -%}
{%- endmacro %}

{% macro freshsales_idp_literals(values) -%}
    {%- for value in values -%}{{ freshsales_identity.freshsales_idp_literal(value) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{#-
  Attach a DuckDB file that another loader writes, for reading only. Without the file, the source has no tables. The
  name of the attached file is that of the source, because two sources may be in two files.
-#}
{% macro freshsales_idp_attached(source_name, path) %}
    {%- set database = 'idp_' ~ source_name -%}
    {%- if execute and flags.INTROSPECT -%}
        {%- set found = run_query("select count(*) from glob(" ~ freshsales_identity.freshsales_idp_literal(path) ~ ")") -%}
        {%- if found.columns[0].values()[0] > 0 -%}
            {%- do run_query("attach if not exists " ~ freshsales_identity.freshsales_idp_literal(path) ~ " as " ~ adapter.quote(database) ~ " (read_only)") -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(database) }}
{% endmacro %}

{#- The service accounts, in lower case, as the models compare them. -#}
{% macro freshsales_idp_service_accounts() %}
    {%- set given = freshsales_identity.freshsales_setting('idp_service_accounts', '') -%}
    {%- if given is string -%}{%- set given = given.replace(',', ' ').split() -%}{%- endif -%}
    {{ return(given | map('string') | map('lower') | list) }}
{% endmacro %}
