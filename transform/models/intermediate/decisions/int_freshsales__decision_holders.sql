{{ config(schema=var('freshsales_staging_schema')) }}

with decided as (

    select distinct account, campaign, identity_key from {{ ref('stg_freshsales__review_decisions') }}

),

people as (

    select scope.account, scope.campaign, scope.identity_key, campaigns.sync_id, scope.crm_source_id, scope.scim_source_id
    from (select * from {{ ref('stg_freshsales__campaign_scope') }}) as scope
    inner join decided
        on {{ freshsales_identity.freshsales_same('scope', 'decided', ['account', 'campaign', 'identity_key']) }}
    inner join (select * from {{ ref('stg_freshsales__campaigns') }}) as campaigns
        on {{ freshsales_identity.freshsales_same('scope', 'campaigns', ['account', 'campaign']) }}
    where scope.subject_key = ''

),

seats as (

    select * from {{ ref('int_freshsales__seats') }}

)

select people.account, people.campaign, people.identity_key, coalesce(successors.successor_key, people.identity_key) as holder_key
from people
left join (select * from {{ ref('int_freshsales__identity_successors') }}) as successors
    on {{ freshsales_identity.freshsales_same('people', 'successors', ['account', 'identity_key']) }}
-- The person who has now the ids that the reviewed person had then. A corrected match moves the access of a person to
-- another key, and takes nothing away. An id that was handed on since is not theirs any more.
{% for side in ['crm', 'scim'] -%}
{%- set id = dbt.split_part('people.crm_source_id', "'@'", 1) if side == 'crm' else 'people.scim_source_id' %}
union distinct
select people.account, people.campaign, people.identity_key, seats.identity_key
from people
inner join seats
    on
        people.account = seats.account
        and seats.side = '{{ side }}'
        and {{ id }} = seats.upstream_id
        and (seats.from_sync_id is null or people.sync_id >= seats.from_sync_id)
        and (seats.until_sync_id is null or people.sync_id < seats.until_sync_id)
{% endfor %}
