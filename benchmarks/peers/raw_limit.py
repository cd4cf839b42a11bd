"""The raw limit: download every page, parse it, dump its records as lines.

Arguments: REST URL, SCIM URL, pages in flight.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import orjson
import urllib3

PAGE_SIZE = 100


def read(pool: urllib3.PoolManager, url: str) -> bytes:
    return pool.request("GET", url).data


def write(records: list[object]) -> None:
    sys.stdout.buffer.write(b"\n".join([orjson.dumps(record) for record in records]) + b"\n")


def urls_behind_first(url: str, total: int, *, by_index: bool) -> Iterable[str]:
    if by_index:
        return [
            f"{url}?startIndex={start}&count={PAGE_SIZE}"
            for start in range(1 + PAGE_SIZE, total + 1, PAGE_SIZE)
        ]
    return [f"{url}?page={page}&per_page={PAGE_SIZE}" for page in range(2, -(-total // PAGE_SIZE) + 1)]


def in_order(
    executor: ThreadPoolExecutor | None, pool: urllib3.PoolManager, urls: Iterable[str], in_flight: int
) -> Iterable[bytes]:
    if executor is None:
        yield from (read(pool, url) for url in urls)
        return
    left = iter(urls)
    under_way: list[Future[bytes]] = [executor.submit(read, pool, url) for url in islice(left, in_flight)]
    while under_way:
        body = under_way.pop(0).result()
        under_way += [executor.submit(read, pool, url) for url in islice(left, 1)]
        yield body


def main(rest_url: str, scim_url: str, in_flight: int) -> None:
    pool = urllib3.PoolManager(maxsize=in_flight)
    executor = ThreadPoolExecutor(in_flight) if in_flight > 1 else None
    owners, users = f"{rest_url}/selector/owners", f"{scim_url}/Users"
    first = orjson.loads(read(pool, f"{owners}?page=1&per_page={PAGE_SIZE}"))
    write(first["users"])
    for body in in_order(
        executor, pool, urls_behind_first(owners, first["meta"]["total"], by_index=False), in_flight
    ):
        write(orjson.loads(body)["users"])
    first = orjson.loads(read(pool, f"{users}?startIndex=1&count={PAGE_SIZE}"))
    write(first["Resources"])
    for body in in_order(
        executor, pool, urls_behind_first(users, first["totalResults"], by_index=True), in_flight
    ):
        write(orjson.loads(body)["Resources"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
