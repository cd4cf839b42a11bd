{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'group_id', 'sync_id', 'observation']}) }}

{{ freshsales_identity.freshsales_history(
    stream='scim_groups',
    rows=ref('stg_freshsales__scim_groups'),
    key=['group_id'],
    columns=['display_name'],
) }}
