"""Makes the page of errors from the code: each message with which a program of this project ends.

The code is read, not run. A message is a text that is given to one of the classes below, or a sentence in a
module with only sentences about the problems of a file. ‹name› stands for what is filled in at run time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tap_freshsales_users.errors import Cause

ROOT = Path(__file__).parents[1]
TAP, SANDBOX = "tap_freshsales_users", "freshsales_sandbox"
PACKAGES = (
    *(TAP, "freshsales_review", "freshsales_idp", SANDBOX, "freshsales_fleet"),
    *("fleet", "dashboards", "demo"),
)


def group_of(cause: Cause) -> str:
    return f"{cause.exit_code}: {cause.word}"


LOGGED = "76: told in the log, and the run goes on to the next stream"
REVIEW = "1: `freshsales-review`"
DECIDE = "1: `freshsales-review decide`, about a file or a row"
OKTA = "1: `freshsales-idp okta`"
UNREAD = "1: `freshsales-idp okta`, as `incomplete_reason` of a receipt"
ROSTER = "1: `freshsales-idp check-roster`"
PLAYED = "1: `freshsales-sandbox`"
SHOWN = "1: `make demo`, `make superset` and `make fleet`"
USAGE = "2: a command line that is wrong"
TASK = "A task of Airflow fails"
INVENTORY = "A task of Airflow fails: the inventory"
WARNED = "Warnings of the tap, which change no exit code"
GROUPS = (
    *map(group_of, Cause),
    *(LOGGED, REVIEW, DECIDE, OKTA, UNREAD, ROSTER, PLAYED, SHOWN, USAGE, TASK, INVENTORY, WARNED),
)

# The group of the messages of a class. Classes of the tap give it themselves, by their cause.
TOLD = {
    "ReviewError": REVIEW,
    "IdpError": OKTA,
    "UnreadError": UNREAD,
    "BadParameter": USAGE,
    "UsageError": USAGE,
    "FleetError": TASK,
    "InventoryError": INVENTORY,
    "ReadError": TASK,
    "AirflowFailException": TASK,
    "AirflowSkipException": TASK,
    "DemoFailedError": SHOWN,
    "DashboardError": SHOWN,
    "FleetFailedError": SHOWN,
    "_refuse": PLAYED,
}
# What goes on as the message of an error of the tap: why an attempt failed, and whether another may help.
PARTS = frozenset({"Problem", "UnusableRouteError"})
# Modules with sentences about the problems of a file. They are collected, and reported all at once.
PROBLEMS = {
    "tap_freshsales_users/validation.py": group_of(Cause.CONFIGURATION),
    "freshsales_review/decisions/check.py": DECIDE,
    "freshsales_review/decisions/dates.py": DECIDE,
    "freshsales_review/decisions/sheet.py": DECIDE,
    "freshsales_idp/roster.py": ROSTER,
    "freshsales_fleet/inventory.py": INVENTORY,
}
# What to do, for a group in which some messages only say what is wrong.
REMEDIES = {
    LOGGED: "The receipt of such a stream is not complete, so nobody is gone by it. A run that was stopped "
    "ends with 128 + the number of the signal.",
    WARNED: "The run goes on.",
    DECIDE: "The message begins with the file and the row. Correct it there, and run the command again: "
    "nothing was written.",
    ROSTER: "The message names the line. Correct it, or export the file again: nothing was loaded.",
    INVENTORY: "The message names the entry. Correct the file: nothing was read.",
    UNREAD: "The list is not complete by this load, so nobody is missing by it. Run the load again.",
    USAGE: "`--help` of the command lists its options.",
    TASK: "The log of the task holds the words of the program that failed; look for them on this page.",
}
# Never shown: they are caught within the package, and something else is said or done.
INTERNAL = frozenset(
    {
        "AirbyteTracedException",  # carries the message of another error
        "ConfigValidationError",  # carries the problems of validation.py
        "ConnectionAbortedError",
        "ConstructorError",
        "MalformedError",
        "OverdueError",
        "OversizedError",
        "PersonalIdError",
        "RefusedError",
        "RefusedRedirectError",
        "StaleConnectionError",
        "Stopped",
        "UncoercibleError",
        "ValueError",  # except in the sandbox, whose command line shows it
        "WebPageError",
    }
)
# The full stop or colon between what went wrong and what to do.
BETWEEN = re.compile(r"(?<=[\w`›)])(\. |: )")
HOLE = re.compile("‹[^›]*›")


@dataclass(frozen=True)
class Message:
    group: str
    what: str
    remedy: str
    path: str


@dataclass
class Scope:
    """A module or a function: the texts that its names may stand for; None for a name with anything else."""

    function: ast.FunctionDef | ast.AsyncFunctionDef | None = None
    texts: dict[str, list[ast.expr] | None] = field(default_factory=dict)

    def keep(self, target: ast.expr, value: ast.expr | None) -> None:
        for name in [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]:
            kept = self.texts.setdefault(name, [])
            is_text = isinstance(target, ast.Name) and value is not None and _is_text(value)
            if kept is not None:
                self.texts[name] = [*kept, value] if is_text and value is not None else None


Found = list[tuple[ast.expr, Scope]]


class Module:
    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.package = path.partition("/")[0]
        self.tree = ast.parse(source)
        self.scope = Scope()
        self.nodes: list[tuple[ast.AST, Scope]] = []
        # By the name of an attribute of `self`, or of an argument given by keyword.
        self.attributes: dict[str, Found] = {}
        self._walk(self.tree, self.scope)

    def _walk(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            inner = Scope(child) if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else scope
            self.nodes.append((child, inner))
            match child:
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
                    self.attributes.setdefault(name, []).append((value, scope))
                case ast.Assign(targets=[target], value=value):
                    scope.keep(target, value)
                case ast.AnnAssign(target=ast.Name() as target, value=value):
                    scope.keep(target, value)
                case ast.For(target=target) | ast.comprehension(target=target):
                    scope.keep(target, None)
                case ast.keyword(arg=str(name), value=value):
                    self.attributes.setdefault(name, []).append((value, scope))
            self._walk(child, inner)

    def arguments(self, scope: Scope, name: str) -> Found:
        """What the calls in this module give for a parameter of the function."""
        if scope.function is None:
            return []
        names = [argument.arg for argument in scope.function.args.args]
        if name not in names:
            return []
        place = names.index(name)
        return [
            (node.args[place], of)
            for node, of in self.nodes
            if isinstance(node, ast.Call)
            and _last(node.func) == scope.function.name
            and len(node.args) > place
        ]


class Code:
    """The modules of the packages, by path."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.modules = {path: Module(path, source) for path, source in sorted(sources.items())}
        self._bases: dict[str, list[str]] = {}
        self._causes: dict[str, Cause] = {}
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef):
                    self._bases[node.name] = [_last(base) for base in node.bases]
                    for statement in node.body:
                        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "cause":
                            self._causes[node.name] = Cause[_last(statement.value)]

    def group(self, name: str, module: Module) -> str | None:
        """The group in which the message of a class is listed; None if nobody sees it."""
        if module.package == SANDBOX:
            return PLAYED if name in {"ValueError", "_refuse"} else None
        cause = self._cause(name)
        return TOLD.get(name) if cause is None else group_of(cause)

    def _cause(self, name: str) -> Cause | None:
        found = self._causes.get(name)
        for base in self._bases.get(name, ()):
            found = found or self._cause(base)
        return found

    def unknown(self) -> set[str]:
        """Classes that are raised, but are neither shown nor known to be caught."""
        return {
            f"{module.path}: {name}"
            for module in self.modules.values()
            if module.package != SANDBOX  # its other errors are answers of the played servers
            for node, _ in module.nodes
            if isinstance(node, ast.Raise) and node.exc is not None
            for name in [_last(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)]
            if name[:1].isupper() and not self.group(name, module) and name not in INTERNAL | PARTS
        }

    def messages(self) -> Iterator[Message]:
        for module in self.modules.values():
            for node, scope in module.nodes:
                if isinstance(node, ast.Call):
                    yield from self._of_call(node, scope, module)
            if module.path in PROBLEMS:
                yield from self._of_problems(module)

    def _of_call(self, node: ast.Call, scope: Scope, module: Module) -> Iterator[Message]:
        name = _last(node.func)
        group = self.group(name, module)
        if name in {"warning", "error"} and module.package == TAP and isinstance(node.func, ast.Attribute):
            said = self._logged(node)
            if _words(said) and name == "warning":
                yield Message(WARNED, said, "", module.path)
            elif _words(said):
                yield Message(LOGGED, *_halves(said), module.path)
        elif name in PARTS and module.package == TAP:
            is_passing = name == "Problem" and not any(one.arg == "is_permanent" for one in node.keywords)
            given = node.args if len(node.args) > 1 else [*node.args, ast.Name("SERVER_AT_FAULT")]
            for what, remedy in self._pairs(given, scope, module):
                if not _words(what):
                    continue
                yield Message(
                    group_of(Cause.LATER if is_passing else Cause.CONFIGURATION), what, remedy, module.path
                )
        elif group is not None:
            words = [one.value for one in node.keywords if one.arg == "why"] or node.args
            for what, remedy in self._pairs(words, scope, module):
                if _words(what):  # otherwise the words are those of another error
                    yield Message(group, what, remedy, module.path)

    def _of_problems(self, module: Module) -> Iterator[Message]:
        """Every text that ends like a sentence or is yielded, except those that an error class gets."""
        others: set[ast.AST] = set()
        yielded: set[ast.AST] = set()
        for node, _ in module.nodes:
            if isinstance(node, ast.Yield):
                yielded |= set(ast.walk(node))
            if (isinstance(node, ast.Call) and self.group(_last(node.func), module)) or (
                isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            ):
                others |= set(ast.walk(node))
            if isinstance(node, ast.JoinedStr):
                others |= {part for value in node.values for part in ast.walk(value)}
        for node, scope in module.nodes:
            if isinstance(node, ast.JoinedStr | ast.Constant) and node not in others:
                for text in self._texts(node, scope, module):
                    if text.count(" ") > 1 and (text.endswith(".") or node in yielded):
                        yield Message(PROBLEMS[module.path], *_halves(text), module.path)

    def _pairs(self, given: Sequence[ast.expr], scope: Scope, module: Module) -> Iterator[tuple[str, str]]:
        """What went wrong, and what to do, by the arguments of an error class."""
        whats = self._texts(given[0], scope, module) if given else []
        if len(given) < 2:  # noqa: PLR2004 - one text says both
            yield from map(_halves, whats)
            return
        remedies = self._texts(given[1], scope, module)
        if len(whats) == len(remedies):
            yield from zip(whats, remedies, strict=True)
        else:
            yield from ((what, " Or: ".join(remedies)) for what in whats)

    def _logged(self, node: ast.Call) -> str:
        if not (node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)):
            return ""
        names = iter(node.args[1:])
        return re.sub(r"%[.\d]*[sdf]", lambda _: f"‹{_name(next(names))}›", node.args[0].value)

    def _texts(self, node: ast.AST, scope: Scope, module: Module, depth: int = 0) -> list[str]:
        """The texts that an expression may give: one, or several from which the code chooses."""
        match node:
            case ast.Constant(value=str(text)):
                return [re.sub(r"\s+", " ", text)]
            case ast.JoinedStr(values=parts):
                filled = "".join(self._part(part, scope, module, depth) for part in parts)
                return [re.sub(r"\s+", " ", filled)]
            case ast.BinOp(left=left, right=right):
                return ["".join(self._texts(one, scope, module, depth)[0] for one in (left, right))]
            case ast.IfExp(body=body, orelse=other):
                return [text for one in (body, other) for text in self._texts(one, scope, module, depth)]
            case ast.Name() | ast.Attribute() if depth < 4:  # noqa: PLR2004 - a name of a name of a name
                found = self._under(node, scope, module)
                texts = [text for one, of in found for text in self._texts(one, of, module, depth + 1)]
                return [*dict.fromkeys(texts)] or [f"‹{_name(node)}›"]
        return [f"‹{_name(node)}›"]

    def _under(self, node: ast.Name | ast.Attribute, scope: Scope, module: Module) -> Found:
        """The texts that a name stands for: a variable, an argument, a constant, or an attribute."""
        name = _last(node)
        if isinstance(node, ast.Name):
            for inner in (scope, module.scope):
                if name in inner.texts:
                    return [(one, inner) for one in inner.texts[name] or ()]
            if arguments := module.arguments(scope, name):
                return arguments if all(_is_text(one) for one, _ in arguments) else []
            if name.isupper():
                for other in self.modules.values():
                    if other.package == module.package and other.scope.texts.get(name):
                        return [(one, other.scope) for one in other.scope.texts[name] or ()]
            return []
        if name in module.attributes:
            found = module.attributes[name]
            return found if all(_is_text(one) for one, _ in found) else []
        if name.endswith("_remedy"):
            others = [other for other in self.modules.values() if other.package == module.package]
            return [one for other in others for one in other.attributes.get(name, ())]
        return []

    def _part(self, part: ast.expr, scope: Scope, module: Module, depth: int) -> str:
        match part:
            case ast.Constant(value=str(text)):
                return text
            case ast.FormattedValue(value=value):
                texts = [text for text in self._texts(value, scope, module, depth) if text]
                if len(texts) > 1:
                    space = " " if all(text.startswith(" ") for text in texts) else ""
                    return f"{space}‹{' / '.join(HOLE.sub('…', text).strip() for text in texts)}›"
                return "".join(texts)
        raise TypeError(ast.dump(part))


def the_code() -> Code:
    places = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    return Code({str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in places})


def tables() -> str:
    """One table for each group."""
    by_group: dict[str, list[Message]] = {group: [] for group in GROUPS}
    for message in the_code().messages():
        by_group[message.group].append(message)
    meanings = {group_of(cause): f"{cause.meaning[0].upper()}{cause.meaning[1:]}." for cause in Cause}
    meanings |= REMEDIES
    lines: list[str] = []
    for group, messages in by_group.items():
        lines += [f"## {group}", ""]
        if group in meanings:
            lines += [meanings[group], ""]
        is_told_whole = not any(message.remedy for message in messages)
        lines += (
            ["| what it says |", "|---|"]
            if is_told_whole
            else ["| what went wrong | what to do |", "|---|---|"]
        )
        for what, remedy in dict.fromkeys((message.what, message.remedy) for message in messages):
            to_do = _cell(remedy)
            cells = [_cell(what)] if is_told_whole else [_cell(what), to_do[:1].upper() + to_do[1:]]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines[:-1])


def _halves(text: str) -> tuple[str, str]:
    """What went wrong stands before the last full stop of a message, or else before its first colon.

    If only words from elsewhere follow, or hardly any words come before, all of it is one half.
    """
    text = text.strip()
    ends = list(BETWEEN.finditer(text))
    chosen = [end for end in ends if end[0] == ". "][-1:] or ends[:1]
    if not chosen:
        return text, ""
    what, remedy = text[: chosen[0].start()], text[chosen[0].end() :]
    return (what, remedy) if _words(what) > 1 and _words(remedy) > 1 else (text, "")


def _words(text: str) -> int:
    """The number of words that are not filled in."""
    return len(re.findall("[A-Za-z_-]{2,}", HOLE.sub("", text)))


def _cell(text: str) -> str:
    return text.strip().replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.IfExp(body=body, orelse=other):
            return _is_text(body) and _is_text(other)
        case ast.Name() | ast.Attribute():
            return _last(node).isupper() or _last(node).endswith("remedy")
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _last(node: ast.expr) -> str:
    """The last name of `a.b.c`."""
    return ast.unparse(node).rpartition(".")[2]


def _name(node: ast.AST) -> str:
    """A word for what is filled in."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower().replace("_", " ")
        case ast.Call(func=ast.Attribute(attr="join"), args=[argument]) | ast.Call(args=[argument, *_]):
            return _name(argument)
        case (
            ast.Call(func=ast.Attribute(value=value)) | ast.Subscript(value=value) | ast.Starred(value=value)
        ):
            return _name(value)
        case ast.BinOp(left=left) | ast.BoolOp(values=[left, *_]):
            return _name(left)
        case ast.GeneratorExp(elt=left) | ast.ListComp(elt=left):
            return _name(left)
    return "…"
