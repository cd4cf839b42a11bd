"""Campaigns: the list of who is reviewed, frozen when a campaign is opened, and the due date."""
# ruff: noqa: S608  -- names are quoted by identifier() or are constants, values are parameters

import getpass
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from freshsales_review.capture import HISTORY
from freshsales_review.decisions.population import (
    GRANT_HISTORY,
    GRANTS,
    PEOPLE,
    Subject,
    remembers,
    sha256_of,
    subjects,
)
from freshsales_review.decisions.store import (
    CAMPAIGNS,
    CLOSINGS,
    DECISIONS,
    SCOPE,
    create_tables,
    insert,
    name_of,
    tables_there,
)
from freshsales_review.errors import ReviewError
from freshsales_review.warehouse import Warehouse, WritableWarehouse, identifier

ALL = "all"
SCOPE_COLUMNS = (
    "account, campaign, identity_key, grant_key, resource_type, resource_id, resource_name, "
    "crm_source_id, scim_source_id"
)


@dataclass(frozen=True)
class Campaign:
    """A campaign of one account."""

    account: str
    campaign: str
    scope: str
    due_at: datetime | None
    opened_at: datetime
    opened_by: str
    sync_id: str
    population_sha256: str
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Wanted:
    """The people who are in scope: all, or those who fulfil one condition."""

    department: str | None = None
    flag: str | None = None
    changed: bool = False

    @property
    def words(self) -> str:
        if self.department is not None:
            return f"department {self.department}"
        if self.flag is not None:
            return f"flag {self.flag}"
        return "changed since the last campaign" if self.changed else ALL


def now() -> datetime:
    """The time in UTC without a zone, as in the warehouse."""
    return datetime.now(UTC).replace(tzinfo=None)


def who() -> str:
    """The name of the user of this computer."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user who has no name
        return "unknown"


def campaigns(warehouse: Warehouse) -> list[Campaign]:
    """All campaigns in the warehouse."""
    if CAMPAIGNS not in tables_there(warehouse):
        return []
    rows = warehouse.query(
        "select opened.account, opened.campaign, opened.scope, opened.due_at, opened.opened_at, "
        "opened.opened_by, opened.sync_id, opened.population_sha256, closed.closed_at "
        f"from {name_of(CAMPAIGNS)} as opened left join {name_of(CLOSINGS)} as closed "
        "on closed.account = opened.account and closed.campaign = opened.campaign "
        "order by opened.opened_at, opened.account, opened.campaign"
    )
    return [Campaign(*row) for row in rows]


def frozen(warehouse: Warehouse, campaign: Campaign) -> set[Subject]:
    """The frozen list of people and grants in scope."""
    rows = warehouse.query(
        f"select identity_key, coalesce(grant_key, '') from {name_of(SCOPE)} "
        "where account = $1 and campaign = $2",
        [campaign.account, campaign.campaign],
    )
    return {(str(person), str(grant)) for person, grant in rows}


def progress(warehouse: Warehouse, campaign: Campaign) -> tuple[int, int, int, int]:
    """Numbers of people in scope, of those decided, of grants in scope, and of those decided."""
    scope = frozen(warehouse, campaign)
    rows = warehouse.query(
        f"select identity_key, coalesce(grant_key, '') from {name_of(DECISIONS)} "
        "where account = $1 and campaign = $2",
        [campaign.account, campaign.campaign],
    )
    decided = {(str(person), str(grant)) for person, grant in rows} & scope
    grants: dict[str, set[Subject]] = {}
    for subject in scope:
        if subject[1]:
            grants.setdefault(subject[0], set()).add(subject)
    # A decision about a person covers all grants of them. A person is decided if all of their grants are.
    decided |= {grant for person, held in grants.items() if (person, "") in decided for grant in held}
    decided |= {(person, "") for person, held in grants.items() if held <= decided}
    people, of_grants = ({s for s in scope if bool(s[1]) is is_grant} for is_grant in (False, True))
    return len(people), len(people & decided), len(of_grants), len(of_grants & decided)


def accounts_of(warehouse: Warehouse, marts_schema: str) -> dict[str, str]:
    """For each account, the last run that read something of its people or of their grants."""
    rows = warehouse.query(
        f"select account, max(sync_id) from {identifier(marts_schema, 'data_quality')} "
        "where is_complete and has_arrived and not is_held_back "
        "and stream in ('owners', 'scim_users', 'scim_group_members') group by account order by account"
    )
    return {str(account): str(sync_id) for account, sync_id in rows}


def open_campaign(
    warehouse: WritableWarehouse,
    marts_schema: str,
    name: str,
    account: str,
    sync_id: str,
    *,
    wanted: Wanted = Wanted(),
    due_at: datetime | None = None,
) -> Campaign:
    """Freeze the list as it was at the run, and write the campaign."""
    create_tables(warehouse)
    if not remembers(warehouse, account, sync_id):
        raise ReviewError(
            f"What people of {account} held at run {sync_id} is not known: the history of grants begins "
            "later. Write a new report, and review that."
        )
    condition, parameters = _condition(warehouse, marts_schema, account, wanted)
    parameters = [account, sync_id, name, *parameters]
    person = "null, null, null, null, population.crm_source_id, population.scim_source_id"
    grant = (
        "population.grant_key, population.resource_type, population.resource_id, "
        "population.resource_name, null, null"
    )
    grants_of_people = (
        f"select * from ({GRANTS}) as held where identity_key in "
        f"(select identity_key from ({PEOPLE}) as people)"
    )
    for columns, source in ((person, PEOPLE), (grant, grants_of_people)):
        warehouse.change(
            f"insert into {name_of(SCOPE)} ({SCOPE_COLUMNS}) "
            f"select cast($1 as varchar), cast($3 as varchar), population.identity_key, {columns} "
            f"from ({source}) as population where {condition}",
            parameters,
        )
    listed = frozen(warehouse, Campaign(account, name, "", None, now(), "", sync_id, ""))
    if not listed:
        raise ReviewError(
            f"Nobody of {account} is in the scope of this campaign ({wanted.words}): choose another scope."
        )
    campaign = Campaign(account, name, wanted.words, due_at, now(), who(), sync_id, sha256_of(listed))
    row = (account, name, campaign.scope, due_at, campaign.opened_at, campaign.opened_by, sync_id)
    warehouse.change(insert(CAMPAIGNS), (*row, campaign.population_sha256))
    return campaign


def close_campaign(warehouse: WritableWarehouse, found: Iterable[Campaign]) -> None:
    """Write down that these campaigns are closed, now and by this user."""
    create_tables(warehouse)
    rows = [(campaign.account, campaign.campaign, now(), who()) for campaign in found]
    warehouse.change(insert(CLOSINGS), *rows)


def subjects_at(warehouse: Warehouse, account: str, sync_id: str) -> set[Subject]:
    """The list that a campaign of all people would freeze."""
    return subjects(warehouse, account, sync_id)


def _condition(
    warehouse: Warehouse, marts_schema: str, account: str, wanted: Wanted
) -> tuple[str, list[object]]:
    """A condition on `population`; its parameters begin with $4."""
    review = identifier(marts_schema, "access_review")
    of_account = "population.identity_key in (select identity_key from {} where account = $1 and {})"
    if wanted.department is not None:
        return of_account.format(review, "department = $4"), [wanted.department]
    if wanted.flag is not None:
        described = identifier(marts_schema, "review_flags")
        flags = [flag for (flag,) in warehouse.query(f"select flag from {described} order by flag")]
        if wanted.flag not in flags:
            raise ReviewError(f"There is no flag {wanted.flag}. There are: {', '.join(flags)}.")
        return of_account.format(review, identifier(wanted.flag)), []
    if not wanted.changed:
        return "true", []
    before = [campaign for campaign in campaigns(warehouse) if campaign.account == account]
    if not before:
        raise ReviewError(f"There is no campaign of {account} before this one: open it for all.")
    changes = identifier(marts_schema, "identity_changes")
    grants = identifier(HISTORY, GRANT_HISTORY)
    return (
        f"({of_account.format(changes, 'seen_sync_id > $4')} "
        f"or {of_account.format(grants, 'sync_id > $4 and after_sync_id is not null')} "
        f"or population.identity_key not in (select identity_key from {name_of(SCOPE)} "
        "where account = $1 and campaign = $5))"
    ), [before[-1].sync_id, before[-1].campaign]
