"""What is new, as text for a mail, as Markdown for a channel, or as JSON for a program."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from freshsales_review.changes.find import Item, News
from freshsales_review.changes.since import Run
from freshsales_review.terminal import printable

# Characters that Markdown or a chat program does not take as text, such as @ in a mention of everybody.
MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@&:])")


def text(found: Sequence[News]) -> str:
    """The news as plain text."""
    return _lines(found, heading=lambda words: words, item="  ", escape=printable)


def markdown(found: Sequence[News]) -> str:
    """The news as Markdown."""
    return _lines(found, heading=lambda words: f"**{words}**", item="- ", escape=_escaped)


def as_json(found: Sequence[News]) -> str:
    """The news as JSON, for a program."""
    accounts = [
        {
            "account": news.span.account,
            "since": news.span.since and news.span.since.sync_id,
            "latest": news.span.latest.sync_id,
            "new": {flag: [asdict(item) for item in items] for flag, items in news.new.items()},
            "not_known_whether_new": {
                flag: [asdict(item) for item in items] for flag, items in news.perhaps.items()
            },
            "not_told": news.not_told,
        }
        for news in found
    ]
    return json.dumps({"accounts": accounts}, indent=2)


def without_names(news: News) -> News:
    """The same news without names and addresses of people."""

    def left_out(items: list[Item]) -> list[Item]:
        return [replace(item, name=None, email=None) for item in items]

    return replace(
        news,
        new={flag: left_out(items) for flag, items in news.new.items()},
        perhaps={flag: left_out(items) for flag, items in news.perhaps.items()},
    )


def _lines(
    found: Sequence[News], *, heading: Callable[[str], str], item: str, escape: Callable[[str], str]
) -> str:
    blocks = []
    for news in found:
        span = news.span
        since = _run(span.since) if span.since else "the beginning"
        lines = [heading(escape(f"{span.account}: what is new since {since}, up to {_run(span.latest)}"))]
        for flag, title in news.titles.items():
            lines += ["", heading(escape(f"{title}: {_count(news, flag)}"))]
            lines += [f"{item}{escape(_told(one))}" for one in news.new[flag]]
            lines += [
                f"{item}{escape(f'{_told(one)} (not known whether this is new)')}"
                for one in news.perhaps.get(flag, [])
            ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _count(news: News, flag: str) -> str:
    number, perhaps = len(news.new[flag]), len(news.perhaps.get(flag, []))
    reason = news.not_told.get(flag) or (
        f"{perhaps:,} of whom it is not known since when" if perhaps else None
    )
    if reason is None:
        return f"{number:,}" if number else "none"
    return f"{number:,}, and perhaps more: {reason}" if number else f"not known: {reason}"


def _told(item: Item) -> str:
    who = f"{item.name or item.who}{f' <{item.email}>' if item.email else ''}" if item.who else ""
    seen = f"run {item.sync_id}" if item.sync_id else ""
    return ", ".join(part for part in (who, item.what, seen) if part)


def _run(run: Run) -> str:
    when = f" ({run.finished_at:%Y-%m-%d %H:%M} UTC)" if run.finished_at else ""
    return f"run {run.sync_id}{when}"


def _escaped(words: str) -> str:
    return MARKS.sub(r"\\\1", printable(words))
