"""What the sandbox holds, by the keys that the tap's records have. It shares nothing with the tap."""

from freshsales_sandbox.directory import Directory

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
