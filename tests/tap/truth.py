"""What the sandbox holds, by the keys that the tap's records have. It shares nothing with the tap."""

from freshsales_sandbox.directory import Directory, Person
from freshsales_sandbox.records import RECORD_TYPES, owned

LISTS = ("owners", "roles", "territories", "teams", "scim_users", "scim_groups", "scim_group_members")

Keys = set[tuple[object, ...]]


def truth_of(directory: Directory) -> dict[str, Keys]:
    groups = directory.listed_groups()
    return {
        "owners": {(person.crm_id,) for person in directory.owners()},
        "roles": {(role.id,) for role in directory.roles},
        "territories": {(territory.id,) for territory in directory.territories},
        "teams": {(team.id,) for team in directory.teams},
        "scim_users": {(person.scim_id,) for person in directory.users()},
        "scim_groups": {(group.scim_id,) for group in groups},
        "scim_group_members": {(group.scim_id, member) for group in groups for member in group.members},
    }


def owned_by(directory: Directory, scope: str) -> dict[tuple[object, ...], int]:
    """How many records each owner in scope has, by owner and type."""
    active = {
        address.strip().lower()
        for person in directory.users()
        if person.active
        for address in (person.email, *person.aliases, person.user_name)
        if address
    }

    def is_suspect(person: Person) -> bool:
        return not person.crm_active or (person.crm_email or "").strip().lower() not in active

    return {
        (person.crm_id, record_type): owned(record_type, person.crm_id)
        for person in directory.owners()
        for record_type in RECORD_TYPES
        if person.crm_id is not None and (scope == "all" or is_suspect(person))
    }
