{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'group_id', 'member_id', 'sync_id', 'observation']}) }}

{{ freshsales_identity.freshsales_history(
    stream='scim_group_members',
    rows=ref('stg_freshsales__scim_group_members'),
    key=['group_id', 'member_id'],
    columns=[],
) }}
