{{ config(schema=var('freshsales_history_schema')) }}

{{ freshsales_identity.freshsales_history(
    stream='owners',
    rows=ref('int_freshsales__owners'),
    key=['owner_id'],
    columns=['display_name', 'email', 'is_active', 'role_id'],
) }}
