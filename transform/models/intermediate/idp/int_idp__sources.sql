{{ config(schema=var('freshsales_staging_schema')) }}

-- One row for each account and source, in the order of the variable. `place` says which IdP counts if there are
-- several.
with sources as (

    {{ freshsales_identity.freshsales_idp_source_rows() }}

),

loads as (

    select distinct account, source from {{ ref('base_idp__loads') }}

),

users as (

    select * from {{ ref('base_idp__loads') }} where object = 'users'

),

assignments as (

    select * from {{ ref('base_idp__loads') }} where object = 'app_assignments'

),

events as (

    select * from {{ ref('base_idp__loads') }} where object = 'events'

)

select
    loads.account,
    loads.source,
    sources.kind,
    sources.adapter,
    sources.place,
    users.newest_loaded_at,
    coalesce(users.is_loaded, false) as users_are_loaded,
    coalesce(users.absence_counts, false) as users_are_whole,
    users.absence_evidence as users_evidence,
    users.proven_at as users_whole_at,
    coalesce(assignments.is_loaded, false) as assignments_are_loaded,
    coalesce(assignments.absence_counts, false) as assignments_are_whole,
    assignments.newest_loaded_at as assignments_loaded_at,
    assignments.proven_at as assignments_whole_at,
    coalesce(events.is_loaded, false) as events_are_loaded,
    case when events.absence_counts then events.events_from end as events_whole_from
from loads
inner join sources
    on loads.source = sources.source and (sources.account is null or loads.account = sources.account)
left join users on loads.account = users.account and loads.source = users.source
left join assignments on loads.account = assignments.account and loads.source = assignments.source
left join events on loads.account = events.account and loads.source = events.source
