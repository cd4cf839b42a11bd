"""Makes plugin definitions in the format of Meltano Hub, from meltano.yml and from the tap's `--about`.

`meltano add --from-ref hub/extractors/tap-freshsales-users.yml tap-freshsales-users` adds the plugin to
another project.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

REPOSITORY = "https://github.com/OWNER/tap-freshsales-users"
PACKAGE = f"git+{REPOSITORY}.git"
REVIEW = f"tap-freshsales-users[review] @ {PACKAGE}"
HEAD = "# Made by `make docs` from the code and meltano.yml. OWNER stands for the owner of the repository.\n"

Definition = dict[str, Any]

# What the hub shows for all plugins of this project. Meltano accepts these and does not store them.
SHOWN: Definition = {
    "variant": "OWNER",
    "repo": REPOSITORY,
    "docs": f"{REPOSITORY}#readme",
    "domain_url": "https://www.freshworks.com/crm/sales/",
    "maintenance_status": "beta",
    "quality": "unknown",
}
TAP: Definition = {
    "keywords": ["meltano_sdk", "api", "crm", "scim", "identity", "access_review"],
    "definition": "reads the people of a Freshsales account from both APIs, with a receipt for every read",
    "settings_group_validation": [["domain", "api_key"], ["domain", "scim_token"]],
    # Every stream. With one credential only, deselect what the other one would read, as .env.template shows.
    "select": ["*.*"],
    "prereq": (
        "An API key of Freshsales reads owners, roles, territories, teams and the profile. A SCIM token "
        "(Enterprise plan, with SAML SSO set up) reads users, groups and memberships. Either is enough."
    ),
    "settings_preamble": (
        'With no SCIM token, set the `select` extra to `["*.*", "!scim_*.*"]`; with no API key, to '
        '`["scim_*.*", "sync_receipts.*"]`.'
    ),
    "usage": (
        "Each run loads `sync_receipts`: whether each stream was read to its end, and why not. A row whose "
        "`sync_id` is less than that of the latest complete receipt of its account and stream is gone."
    ),
}
UTILITY: Definition = {
    "keywords": ["crm", "scim", "identity", "access_review"],
    "prereq": (
        "`tap-freshsales-users`, and `target-duckdb` or `target-postgres` with the settings of the project's "
        "own meltano.yml: the utility reads from these where the tables are."
    ),
}
UTILITIES: Mapping[str, Definition] = {
    "freshsales-review": UTILITY
    | {"definition": "holds the load against its receipts, builds the marts and writes the access review"},
    "dbt-freshsales": UTILITY
    | {"definition": "builds and tests the identity marts of what tap-freshsales-users loaded"},
}
# The plugin of meltano.yml that each utility is.
OF_THE_PIPELINE = {"freshsales-review": "freshsales-review", "dbt-freshsales": "dbt"}


def definitions(pipeline: str, about: Mapping[str, Any]) -> dict[Path, str]:
    """The files in `hub/`, by their path, from the text of meltano.yml and the tap's `--about`."""
    plugins = yaml.safe_load(pipeline)["plugins"]
    [tap] = [one for one in plugins["extractors"] if one["name"] == "tap-freshsales-users"]
    own = {
        "pip_url": PACKAGE,
        "capabilities": sorted(about["capabilities"]),
        "supported_python_versions": about["supported_python_versions"],
    }
    made = {"extractors": [tap | SHOWN | TAP | own]}
    utilities = {one["name"]: one for one in plugins["utilities"]}
    made["utilities"] = [
        _utility(name, utilities, utilities[of]) | SHOWN | UTILITIES[name]
        for name, of in OF_THE_PIPELINE.items()
    ]
    return {
        Path("hub") / kind / f"{definition['name']}.yml": HEAD
        + yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=110)
        for kind, found in made.items()
        for definition in found
    }


def _utility(name: str, utilities: Mapping[str, Definition], given: Definition) -> Definition:
    """A plugin that inherits from no other. The hub has only such plugins."""
    whole = dict(utilities[given["inherit_from"]]) if "inherit_from" in given else {}
    whole |= {key: value for key, value in given.items() if key != "inherit_from"}
    own, _, dependencies = whole["pip_url"].partition(" ")
    if own != "-e":
        raise ValueError(f"{name} is not installed from this project")
    if name == "dbt-freshsales":
        [warehouse] = [setting for setting in whole["settings"] if setting["name"] == "warehouse"]
        # Under the name that the command reads, since no plugin of that name may be there.
        whole["settings"] = [warehouse | {"env": "FRESHSALES_REVIEW_WAREHOUSE"}]
    return whole | {
        "name": name,
        "namespace": name.replace("-", "_"),
        "executable": "freshsales-review",
        # The requirements that come after `.[review]`.
        "pip_url": f"'{REVIEW}' {dependencies.partition(' ')[2]}",
    }
