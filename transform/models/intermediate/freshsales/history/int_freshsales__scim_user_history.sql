{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'scim_user_id', 'sync_id', 'observation']}) }}

{{ freshsales_identity.freshsales_history(
    stream='scim_users',
    rows=ref('int_freshsales__scim_users'),
    key=['scim_user_id'],
    columns=['display_name', 'email', 'is_active', 'department', 'manager', 'role_names'],
) }}
