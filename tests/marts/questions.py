"""The questions that transform/README.md answers, and their SQL."""

import re

from tests.marts.dbt import PROJECT

_QUESTION = re.compile(
    r"^\*\*\d+\. (?P<question>[^*]+)\*\*\n\n```sql\n(?P<sql>.+?)\n```$", re.MULTILINE | re.DOTALL
)


def questions() -> dict[str, str]:
    text = (PROJECT / "README.md").read_text()
    return {found["question"]: found["sql"] for found in _QUESTION.finditer(text)}
