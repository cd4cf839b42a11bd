"""The tables of an evidence pack: the name, the meaning and the query of each.

`{marts}`, `{staging}` and `{decisions}` are quoted names of schemas; `$1` is the name of the campaign.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of the pack: its file, what it says, and its query."""

    file: str
    meaning: str
    sql: str


CAMPAIGN = Table(
    "campaign.csv",
    "The campaign: its scope, when it was opened and closed and by whom, when it was due, how "
    "many people and grants were in scope, decided and undecided, and how many decisions have "
    "which outcome. `population_matches` says whether the frozen list still has the hash that "
    "it was frozen with. `is_complete` is true only where it has, and where everybody and "
    "everything on it is decided.",
    "select * from {marts}.review_campaigns where campaign = $1",
)

POPULATION = Table(
    "population.csv",
    "The frozen list: everybody who was in scope when the campaign was opened, a row without "
    "`grant_key` for each, and a row for each thing that they held. The names are those of "
    "today.",
    "select scope.account, scope.campaign, scope.identity_key, scope.grant_key, "
    "person.display_name as name, person.email, scope.resource_type, scope.resource_id, "
    "scope.resource_name, scope.crm_source_id, scope.scim_source_id from "
    "{decisions}.campaign_scope as scope left join {marts}.identities as person on "
    "person.account = scope.account and person.identity_key = scope.identity_key where "
    "scope.campaign = $1",
)

DECISIONS = Table(
    "decisions.csv",
    "Every decision that was taken in: by whom, when, about whom or what, over which complete "
    "read (`sync_id` and `population_sha256`, as in receipts.csv), from which row of which file "
    "(`file_sha256` is the hash of the file as the reviewer sent it). Where a later decision "
    "about the same stands, `is_superseded` is true, and both rows stay.",
    "select account, campaign, identity_key, grant_key, decision, reviewer, note, decided_at, "
    "recorded_at, recorded_by, file_sha256, file_row, sync_id, population_sha256, is_superseded "
    "from {staging}.stg_freshsales__review_decisions where campaign = $1",
)

OUTCOMES = Table(
    "outcomes.csv",
    "What became of each decision that stands, by the complete reads since then. `kept`: "
    "nothing was to be done. `carried_out`: the person is gone or inactive on both sides, or "
    "holds the thing no more, through nothing else. `pending`: not carried out, and not due. "
    "`overdue`: a complete read after the due date still shows it. `undone`: it was carried "
    "out, and a later complete read shows it again. `not_known`: no complete read tells. The "
    "columns with `after` and `by` name the two reads between which it happened.",
    "select * from {marts}.review_outcomes where campaign = $1",
)

REFUSED = Table(
    "refused.csv",
    "Who wanted to decide about themselves. Such a decision was refused, and nothing of its file was taken.",
    "select account, campaign, identity_key, grant_key, reviewer as name, refused_at, "
    "file_sha256, file_row from {staging}.stg_freshsales__self_decisions_refused where campaign "
    "= $1",
)

RECEIPTS = Table(
    "receipts.csv",
    "The receipts: a row for each list and run, with the evidence that the list was read to its "
    "end, how many rows were read and how many are in the warehouse, and the hash of their keys "
    "(`population_sha256`). Only a read that `is_complete`, that `has_arrived`, and that is not "
    "`is_held_back` tells that anybody is gone or holds something no more.",
    "select * from {marts}.data_quality where account in (select account from "
    "{marts}.review_campaigns where campaign = $1)",
)

CHANGES = Table(
    "changes.csv",
    "What the complete reads after the one that the campaign was opened on have shown: who "
    "joined and left, and what else changed.",
    "select change.* from {marts}.identity_changes as change join {marts}.review_campaigns as "
    "opened on opened.account = change.account where opened.campaign = $1 and "
    "change.seen_sync_id > opened.sync_id",
)

TABLES = (CAMPAIGN, POPULATION, DECISIONS, OUTCOMES, REFUSED, RECEIPTS, CHANGES)
