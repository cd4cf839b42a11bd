"""Makes records of raw items, by plans that are compiled once for each shape of an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tap_freshsales_users.records.coercion import UncoercibleError, coercer, is_element

Record = dict[str, Any]
ADDITIONAL_ATTRIBUTES = "additional_attributes"
# A shape is a set of attribute names. A server with more shapes than this invents names.
MAX_PLANS = 1000

_Coerce = Callable[[object], object]
_OBJECTS, _STRINGS = frozenset({dict}), frozenset({str})


def keep(record: Record, name: str, value: object) -> None:
    """Keep the value in `additional_attributes`, if that column is selected."""
    if ADDITIONAL_ATTRIBUTES in record:
        record[ADDITIONAL_ATTRIBUTES] = {**(record[ADDITIONAL_ATTRIBUTES] or {}), name: value}


class Node:
    """What becomes of each attribute of one object: a column, a further object, or nothing."""

    def __init__(self) -> None:
        self.columns: dict[str, str | None] = {}
        self.children: dict[str, Node] = {}
        # The column for a plain value that the server sends in place of the object.
        self.plain: str | None = None
        self.plans: dict[tuple[str, ...], Plan] = {}


class Plan:
    """For one set of attribute names: which column is taken from which attribute."""

    def __init__(self) -> None:
        self.columns: list[tuple[str, str, type | None, _Coerce]] = []
        self.arrays: list[tuple[str, str]] = []
        self.children: list[tuple[str, Node]] = []
        self.others: list[str] = []


class Shaper:
    """Makes records of one stream. Counts the values that were converted, did not fit, or were left out.

    - `properties`: the columns of the record, with their schemas.
    - `constants`: columns with the same value in each record.
    - `paths`: where each column of the stream stands in an item, also a column that `properties` leaves out.
    - `left_out`: paths that are dropped on purpose.
    - `plain`: the column for a plain value that the server sends in place of an object.

    What no path names goes into `additional_attributes`. So does a value that its column cannot hold.
    """

    def __init__(
        self,
        properties: Mapping[str, dict[str, Any]],
        constants: Mapping[str, Any],
        *,
        paths: Mapping[str, tuple[str, ...]],
        left_out: Iterable[tuple[str, ...]] = (),
        plain: Mapping[tuple[str, ...], str] | None = None,
        on_failure: Callable[[str], None] = lambda _column: None,
    ) -> None:
        self.coercions = 0
        self.coercion_failures = 0
        # Elements of lists that are neither objects nor plain values.
        self.dropped_elements = 0
        self._on_failure = on_failure
        self._coercers = {name: coercer(column) for name, column in properties.items()}
        self._keeps_others = ADDITIONAL_ATTRIBUTES in properties
        self._blank: Record = {name: constants.get(name) for name in properties}
        self._root = Node()
        for column, path in paths.items():
            self._node(path).columns[path[-1]] = column
        for path in left_out:
            self._node(path).columns[path[-1]] = None
        for path, column in (plain or {}).items():
            self._node((*path, "")).plain = column

    def shape(self, raw: Mapping[str, Any]) -> Record:
        record = self._blank.copy()
        others = self._fill(self._root, raw, record)
        if others and self._keeps_others:
            record[ADDITIONAL_ATTRIBUTES] = others
        return record

    def _node(self, path: tuple[str, ...]) -> Node:
        node = self._root
        for name in path[:-1]:
            node = node.children.setdefault(name, Node())
        return node

    def _fill(self, node: Node, raw: Mapping[str, Any], record: Record) -> Record:
        names = tuple(raw)
        plan = node.plans.get(names) or self._plan(node, names)
        others: Record = {name: raw[name] for name in plan.others} if plan.others else {}
        for name, column, passes, coerce in plan.columns:
            value = raw[name]
            if type(value) is passes:
                record[column] = value
            elif value is not None and not self._coerce(record, column, coerce, value):
                others[name] = value
        for name, column in plan.arrays:
            value = raw[name]
            if value is not None:
                record[column] = self.elements(value)
        for name, child in plan.children:
            value = raw[name]
            if type(value) is dict:
                rest = self._fill(child, value, record)
                if rest:
                    others[name] = rest
            elif value is not None and not self._take_plain(child, record, value):
                others[name] = value
        return others

    def _coerce(self, record: Record, column: str, coerce: _Coerce, value: object) -> bool:
        try:
            made = coerce(value)
        except UncoercibleError:
            self.refuse(column)
            return False
        if type(made) is not type(value):
            self.coercions += 1
        record[column] = made
        return True

    def _take_plain(self, node: Node, record: Record, value: object) -> bool:
        return node.plain is not None and self.put(record, node.plain, value)

    def put(self, record: Record, column: str, value: object) -> bool:
        """Fill one column, if it is selected; False if it cannot hold the value."""
        if column not in self._coercers or value is None:
            return True
        passes, coerce = self._coercers[column]
        if type(value) is passes:
            record[column] = value
            return True
        return self._coerce(record, column, coerce, value)

    def refuse(self, column: str) -> None:
        """Count a value that its column cannot hold, and tell `on_failure` about it."""
        self.coercion_failures += 1
        self._on_failure(column)

    def elements(self, value: object) -> list[Any]:
        """A multi-valued attribute as a list; values that cannot be elements are left out and counted."""
        if not isinstance(value, list):
            self.coercions += 1
            value = [value]
        types = set(map(type, value))
        if types <= _OBJECTS or (types == _STRINGS and all(map(str.strip, value))):
            return value
        kept = [element for element in value if is_element(element)]
        self.dropped_elements += len(value) - len(kept)
        return kept

    def _plan(self, node: Node, names: tuple[str, ...]) -> Plan:
        plan = Plan()
        for name in names:
            if name in node.columns:
                column = node.columns[name]
                if column in self._coercers:
                    passes, coerce = self._coercers[column]
                    if passes is list:
                        plan.arrays.append((name, column))
                    else:
                        plan.columns.append((name, column, passes, coerce))
            elif name in node.children:
                plan.children.append((name, node.children[name]))
            else:
                plan.others.append(name)
        if len(node.plans) >= MAX_PLANS:
            node.plans.clear()
        node.plans[names] = plan
        return plan
