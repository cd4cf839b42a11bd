"""The page of errors: nothing that a program may end with is missing, and each message says what to do."""

import ast
import re

import pytest

from tap_freshsales_users.errors import Cause
from tools.errors import (
    DECIDE,
    GROUPS,
    INTERNAL,
    LOGGED,
    PROBLEMS,
    REMEDIES,
    REVIEW,
    WARNED,
    Code,
    group_of,
    the_code,
)

# What says what has to be, or where the words of another program are, says what to do.
SAYS_IT_ITSELF = re.compile(
    r"\bmust\b|says why|its log is in|such as|^Set |--about|[Tt]here are|: ‹[^›]+›\.?$"
)
CHECKING = "freshsales_review/decisions/check.py"
FAMILY = """
from enum import Enum
class TapError(Exception):
    cause = Cause.INCOMPLETE
class ConfigurationError(TapError):
    cause = Cause.CONFIGURATION
class NewError(ConfigurationError): pass
"""


def listed(source: str, path: str = "tap_freshsales_users/new.py") -> list[tuple[str, str, str]]:
    code = Code({"tap_freshsales_users/errors.py": FAMILY, path: source})
    return [(message.group, message.what, message.remedy) for message in code.messages()]


def test_every_class_that_is_raised_is_listed_or_known_to_be_caught() -> None:
    assert the_code().unknown() == set()
    assert Code({"freshsales_idp/new.py": "raise ShinyError('Oh.')"}).unknown() == {
        "freshsales_idp/new.py: ShinyError"
    }


def test_no_class_is_said_to_be_caught_that_is_not_there() -> None:
    raised = {
        word
        for module in the_code().modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Raise | ast.Return | ast.Call | ast.ExceptHandler)
        for word in re.findall(r"\w+", ast.unparse(node))
    }
    assert raised >= INTERNAL
    assert PROBLEMS.keys() <= the_code().modules.keys()


def test_every_message_says_what_to_do() -> None:
    mute = [
        message
        for message in the_code().messages()
        if not message.remedy and message.group not in REMEDIES and not SAYS_IT_ITSELF.search(message.what)
    ]
    assert mute == []


def test_every_group_has_messages() -> None:
    assert {message.group for message in the_code().messages()} == set(GROUPS)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("raise TapError(f'{a.host}: no', 'Wait.')", (group_of(Cause.INCOMPLETE), "‹host›: no", "Wait.")),
        (
            "raise NewError('It is wrong', R)\nR = 'Mend it.'",
            (group_of(Cause.CONFIGURATION), "It is wrong", "Mend it."),
        ),
        (
            "def f(x):\n what = 'is old' if x else 'is new'\n return NewError(f'It {what} here', 'Wait.')",
            (group_of(Cause.CONFIGURATION), "It ‹is old / is new› here", "Wait."),
        ),
        (
            "def f(remedy):\n raise NewError('It is', remedy)\ndef g(): f('Do this.')",
            (group_of(Cause.CONFIGURATION), "It is", "Do this."),
        ),
        ("log.warning('%s is odd: look at it.', name)", (WARNED, "‹name› is odd: look at it.", "")),
        ("log.error('It broke. Report it.')", (LOGGED, "It broke", "Report it.")),
    ],
)
def test_a_new_message_of_the_tap_is_found(source: str, expected: tuple[str, str, str]) -> None:
    assert listed(source) == [expected]


@pytest.mark.parametrize(
    ("source", "path", "expected"),
    [
        (
            "raise ReviewError(f'There is no {a}: do this.')",
            "freshsales_review/new.py",
            (REVIEW, "There is no ‹a›", "do this."),
        ),
        ("yield 'A cell is empty: fill it.'", CHECKING, (DECIDE, "A cell is empty", "fill it.")),
        ("problems.append(f'{a} is not so.')", CHECKING, (DECIDE, "‹a› is not so.", "")),
    ],
)
def test_a_new_message_of_another_program_is_found(
    source: str, path: str, expected: tuple[str, str, str]
) -> None:
    assert listed(source, path) == [expected]
