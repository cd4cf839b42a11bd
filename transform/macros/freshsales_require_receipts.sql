{#-
  Stops the build if `sync_receipts` is missing or empty. Then nothing was loaded, or it was loaded into another place
  than the one that is read here, and the models would say that nobody is there. A single stream may be missing.

  It also stops the build if the last read of no account in the history is among the receipts here. Then the history was
  made of other raw tables than these, and everybody who had left before these began would be forgotten. If this is so
  for some accounts only, a test reports it.

  And it stops the build if runs of every account were made with different keys for pseudonyms. If this is so for some
  accounts only, a test reports it, and the runs with another key are left out.
-#}
{% macro freshsales_require_receipts() %}
    {%- if execute and flags.INTROSPECT and not flags.EMPTY -%}
        {%- set table = source('freshsales', 'sync_receipts') -%}
        {%- set remedy = "Load first, or name the database and schema that the loader writes into: see \"Run it\" in transform/README.md." -%}
        {%- set loaded = adapter.get_relation(table.database, table.schema, table.identifier) -%}
        {%- if not loaded -%}
            {{ exceptions.raise_compiler_error("There is no table " ~ table ~ ". " ~ remedy) }}
        {%- endif -%}
        {%- set readable = freshsales_identity.freshsales_loaded_columns(loaded) -%}
        {%- if not run_query("select 1 as one from " ~ table ~ " limit 1").rows -%}
            {{ exceptions.raise_compiler_error("The table " ~ table ~ " is empty: no run has finished yet. " ~ remedy) }}
        {%- endif -%}
        {%- if 'pseudonym_key_fingerprint' in readable -%}
            {%- set refused = freshsales_identity.freshsales_runs_of_another_key() -%}
            {%- set mixed = run_query("select distinct account from (" ~ refused ~ ") as refused order by 1").rows if refused else [] -%}
            {%- set accounts = run_query("select count(distinct account) as accounts from " ~ table).rows[0][0] if mixed else 0 -%}
            {%- if mixed and mixed | length == accounts -%}
                {{ exceptions.raise_compiler_error("Runs of " ~ mixed[0][0] ~ " were made with different keys for pseudonyms: names and addresses of the two cannot be compared. `freshsales-review verify` names the run, and says what to do.") }}
            {%- endif -%}
            {%- set sources = freshsales_identity.freshsales_idp_sources() -%}
            {%- set accounts_of_sources = sources | selectattr('account') | map(attribute='account') | list -%}
            {%- set is_about_all = accounts_of_sources | length < sources | length -%}
            {%- set hidden = run_query(
                "select account from " ~ table ~ " where pseudonym_key_fingerprint is not null"
                ~ ("" if is_about_all else " and account in (" ~ freshsales_identity.freshsales_texts(accounts_of_sources) ~ ")")
                ~ " order by 1 limit 1"
            ).rows if sources else [] -%}
            {%- if hidden -%}
                {{ exceptions.raise_compiler_error(hidden[0][0] ~ " was read with pseudonyms, and an identity provider has real addresses: nobody would be found there. Build without freshsales_idp, or read without `pseudonym_key`.") }}
            {%- endif -%}
        {%- endif -%}
        {%- set history_schema = generate_schema_name(var('freshsales_history_schema'), model) -%}
        {%- for name in ['owner_history', 'scim_user_history', 'group_history', 'membership_history'] -%}
            {%- set history = adapter.get_relation(target.database, history_schema, 'int_freshsales__' ~ name) -%}
            {%- set unknown = run_query(
                "select max(sync_id) as sync_id from " ~ history ~ " where observation = 'read' group by account"
                ~ " having max(sync_id) not in (select sync_id from " ~ table ~ " where sync_id is not null) order by 1"
            ).rows if history else [] -%}
            {%- set accounts = run_query(
                "select count(distinct account) as accounts from " ~ history ~ " where observation = 'read'"
            ).rows[0][0] if unknown else 0 -%}
            {%- if unknown and unknown | length == accounts -%}
                {{ exceptions.raise_compiler_error("The history knows run " ~ unknown[0][0] ~ ", of which the table " ~ table ~ " has no receipt: the raw tables are not those that the history was made of. Name the right place, or bring the old rows along: see \"From one file to two\" in transform/README.md.") }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
