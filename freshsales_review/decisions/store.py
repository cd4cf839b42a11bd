"""The tables of campaigns and decisions. Rows are only added. dbt reads them and never writes them."""

from freshsales_review.warehouse import Warehouse, WritableWarehouse, columns_of, identifier

SCHEMA = "freshsales_decisions"
CAMPAIGNS, CLOSINGS, SCOPE = "campaigns", "campaign_closings", "campaign_scope"
DECISIONS, REFUSED = "review_decisions", "self_decisions_refused"

TABLES = {
    CAMPAIGNS: {
        "account": "varchar not null",
        "campaign": "varchar not null",
        "scope": "varchar not null",
        "due_at": "timestamp",
        "opened_at": "timestamp not null",
        "opened_by": "varchar not null",
        "sync_id": "varchar not null",
        "population_sha256": "varchar not null",
    },
    CLOSINGS: {
        "account": "varchar not null",
        "campaign": "varchar not null",
        "closed_at": "timestamp not null",
        "closed_by": "varchar not null",
    },
    SCOPE: {
        "account": "varchar not null",
        "campaign": "varchar not null",
        "identity_key": "varchar not null",
        "grant_key": "varchar",
        "resource_type": "varchar",
        "resource_id": "varchar",
        "resource_name": "varchar",
        "crm_source_id": "varchar",
        "scim_source_id": "varchar",
    },
    DECISIONS: {
        "decision_key": "varchar not null",
        "account": "varchar not null",
        "campaign": "varchar not null",
        "identity_key": "varchar not null",
        "grant_key": "varchar",
        "decision": "varchar not null",
        "reviewer": "varchar not null",
        "note": "varchar",
        "decided_at": "timestamp not null",
        "recorded_at": "timestamp not null",
        "recorded_by": "varchar not null",
        "file_sha256": "varchar not null",
        "file_row": "bigint not null",
        "sync_id": "varchar not null",
        "population_sha256": "varchar not null",
    },
    REFUSED: {
        "account": "varchar not null",
        "campaign": "varchar not null",
        "identity_key": "varchar not null",
        "grant_key": "varchar",
        "reviewer": "varchar not null",
        "refused_at": "timestamp not null",
        "file_sha256": "varchar not null",
        "file_row": "bigint not null",
    },
}


def name_of(table: str) -> str:
    """The quoted name of a table of decisions."""
    return identifier(SCHEMA, table)


def tables_there(warehouse: Warehouse) -> set[str]:
    """The tables of decisions that the warehouse has."""
    return set(columns_of(warehouse, SCHEMA))


def create_tables(warehouse: WritableWarehouse) -> None:
    """Create the tables that are missing."""
    there = tables_there(warehouse)
    if there >= TABLES.keys():
        return
    warehouse.change(f"create schema if not exists {identifier(SCHEMA)}")
    for table in TABLES.keys() - there:
        columns = ", ".join(f"{column} {kind}" for column, kind in TABLES[table].items())
        warehouse.change(f"create table {name_of(table)} ({columns})")


def insert(table: str) -> str:
    """A statement that adds a row to this table."""
    columns = TABLES[table]
    marks = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    return f"insert into {name_of(table)} ({', '.join(columns)}) values ({marks})"  # noqa: S608 - constants
