-- A receipt without one of these proves nothing, and the models leave it out.
select account, 'a receipt of ' || coalesce(stream, 'no stream') || ', run ' || coalesce(sync_id, 'none') as told
from (
    {{ freshsales_identity.freshsales_source('sync_receipts', dict.fromkeys(['account', 'stream', 'sync_id'], 'text')) }}
) as receipts
where account is null or stream is null or sync_id is null
