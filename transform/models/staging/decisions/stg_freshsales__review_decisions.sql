{{ config(schema=var('freshsales_staging_schema')) }}

with decisions as (

    {{ freshsales_identity.freshsales_source('review_decisions', {
        'decision_key': 'text',
        'account': 'text',
        'campaign': 'text',
        'identity_key': 'text',
        'grant_key': 'text',
        'decision': 'text',
        'reviewer': 'text',
        'note': 'text',
        'decided_at': 'timestamp',
        'recorded_at': 'timestamp',
        'recorded_by': 'text',
        'file_sha256': 'text',
        'file_row': 'integer',
        'sync_id': 'text',
        'population_sha256': 'text',
    }, 'freshsales_decisions') }}

),

-- Many reviewers write only a day. Of two decisions of the same day, the one that was taken in later counts as the
-- later one.
numbered as (

    select
        *,
        row_number() over (
            partition by account, campaign, identity_key, coalesce(grant_key, '')
            order by cast(decided_at as date) desc, recorded_at desc, file_row desc
        ) as age
    from decisions

)

select
    decision_key,
    account,
    campaign,
    identity_key,
    grant_key,
    coalesce(grant_key, '') as subject_key,
    decision,
    reviewer,
    note,
    decided_at,
    recorded_at,
    recorded_by,
    file_sha256,
    file_row,
    sync_id,
    population_sha256,
    age > 1 as is_superseded
from numbered
