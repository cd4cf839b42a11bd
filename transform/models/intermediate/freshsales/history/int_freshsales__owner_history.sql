{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'owner_id', 'sync_id', 'observation']}) }}

{{ freshsales_identity.freshsales_history(
    stream='owners',
    rows=ref('int_freshsales__owners'),
    key=['owner_id'],
    columns=['display_name', 'email', 'is_active', 'role_id', 'roles', 'role_names'],
    before={'roles': 'cast(told.role_id as ' ~ dbt.type_string() ~ ')'},
) }}
