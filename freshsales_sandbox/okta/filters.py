"""The filter expressions of Okta. They have the grammar of SCIM; the resources are plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from scim2_models import ScimFilter
from scim2_models.path import FilterVisitor
from scim2_models.path.expressions import Comparison, LogicalExpr, Not, Present

JSON = dict[str, Any]
Test = Callable[[JSON], bool]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "gt": gt,
    "ge": ge,
    "lt": lt,
    "le": le,
    "sw": lambda value, start: str(value).startswith(str(start)),
    "co": lambda value, part: str(part) in str(value),
}


def parse(text: str) -> Test:
    """A function that tests one resource; raises ValueError if the text is no expression."""
    return _Evaluator().visit(ScimFilter(text).ast)


class _Evaluator(FilterVisitor[Test]):
    def visit_comparison(self, node: Comparison) -> Test:
        compare, path = _OPERATORS[node.op.value], str(node.attr_path).split(".")
        return lambda item: any(compare(value, node.value) for value in _values(item, path))

    def visit_present(self, node: Present) -> Test:
        path = str(node.attr_path).split(".")
        return lambda item: any(True for _ in _values(item, path))

    def visit_not(self, node: Not) -> Test:
        test = self.visit(node.expr)
        return lambda item: not test(item)

    def visit_logical_expr(self, node: LogicalExpr) -> Test:
        tests = [self.visit(term) for term in node.terms]
        together = all if node.op.value == "and" else any
        return lambda item: together(test(item) for test in tests)


def _values(item: object, path: list[str]) -> Iterator[object]:
    """The values at a path. If a list is on the way, those of each of its elements."""
    if isinstance(item, list):
        for element in item:
            yield from _values(element, path)
    elif not path:
        if item is not None:
            yield item
    elif isinstance(item, dict) and path[0] in item:
        yield from _values(item[path[0]], path[1:])
