"""The time at which something happens: `NAME@LIST:N`, `NAME@LIST:NxTIMES`, `NAME@N`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock
from typing import cast

from werkzeug import Request

from freshsales_sandbox.layers import Endpoint, endpoint_of, question_of

_FORM = re.compile(r"(?P<name>[\w-]+)@(?:(?P<list>\w+):)?(?P<first>[1-9]\d*)(?:x(?P<times>\d+|\*))?")


@dataclass(frozen=True, slots=True)
class Planned:
    """One event, from the nth request of a list on. `times` is None if it never ends."""

    name: str
    list: Endpoint
    first: int
    times: int | None = 1

    @classmethod
    def parse(
        cls,
        text: str,
        names: Collection[str],
        lists: Collection[Endpoint],
        usual_list: Endpoint | None = None,
    ) -> Planned:
        """Read one entry of the command line.

        Raises ValueError with a sentence for the user.
        """
        match = _FORM.fullmatch(text.strip())
        name = text.partition("@")[0].strip()
        if name not in names:
            raise ValueError(f"{text!r} begins with none of: {', '.join(names)}")
        list_ = (match["list"] if match else None) or usual_list
        if match is None or list_ not in lists:
            raise ValueError(
                f"{text!r} does not say when: write {name}@LIST:N or {name}@LIST:NxTIMES, with N from 1 "
                f"and LIST one of {', '.join(lists)}"
            )
        times = match["times"] or "1"
        return cls(
            name, cast("Endpoint", list_), int(match["first"]), None if times in {"*", "0"} else int(times)
        )

    def lasts(self, happened: int) -> bool:
        return self.times is None or happened < self.times


class Arrivals:
    """Counts the requests of each list."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[Endpoint, int] = {}
        self._places: dict[tuple[Endpoint, str], int] = {}
        self._repeats: dict[tuple[Endpoint, str], int] = {}

    def count(self, request: Request) -> int:
        """The number of this request of its list, from 1; 0 if it reads no list."""
        endpoint = endpoint_of(request)
        if endpoint is None:
            return 0
        with self._lock:
            self._requests[endpoint] = self._requests.get(endpoint, 0) + 1
            return self._requests[endpoint]

    def place(self, request: Request) -> tuple[int, int]:
        """The number of the page that this asks for, and how often it was asked for before.

        Pages are numbered in the order in which they are first asked for. So a page is recognised, also if
        its retries come between other pages.
        """
        endpoint = endpoint_of(request)
        if endpoint is None:
            return 0, 0
        key = (endpoint, question_of(request))
        with self._lock:
            if key not in self._places:
                self._places[key] = 1 + sum(1 for list_, _ in self._places if list_ == endpoint)
            repeats = self._repeats.get(key, 0)
            self._repeats[key] = repeats + 1
            return self._places[key], repeats
