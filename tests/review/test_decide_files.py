"""A file of decisions says the same whatever program has saved it, and what is wrong is told by its row."""
# ruff: noqa: DTZ001  -- as the warehouse keeps times: UTC without a zone

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshsales_review.decisions.check import Decision, Rules, Scope, checked
from freshsales_review.decisions.dates import moment_of
from freshsales_review.decisions.population import CompleteRead
from freshsales_review.decisions.sheet import COLUMNS, read_sheet

READ_AT = datetime(2026, 11, 1, 6)
NOW = datetime(2026, 11, 12, 12)
SYNC_ID = "20261101T060000.000000Z-abc123"
RULES = Rules(
    reads={("a", SYNC_ID): CompleteRead(READ_AT, frozenset({"f00d"}))},
    known_people=frozenset({("a", "p1"), ("a", "p2"), ("a", "left")}),
    scope_of=lambda _, __: Scope(frozenset({("p1", ""), ("p1", "g1"), ("p2", "")}), is_frozen=True),
    words={("a", "p1"): {"p1", "Zoë Ångström", "zoe@x.example", "zoe.a"}, ("a", "p2"): {"p2", "Bo Li"}},
    now=NOW,
    max_age=timedelta(days=30),
)


def row(**cells: str) -> dict[str, str]:
    given = {"account": "a", "identity_key": "p1", "sync_id": SYNC_ID, "population_sha256": "f00d"}
    return dict.fromkeys(COLUMNS, "") | given | {"decision": "keep", "reviewer": "head@x.example"} | cells


def save(
    path: Path, rows: list[dict[str, str]], *, delimiter: str = ",", encoding: str = "utf-8-sig"
) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def problems(tmp_path: Path, *rows: dict[str, str]) -> list[str]:
    return [
        str(problem)
        for problem in checked([read_sheet(save(tmp_path / "d.csv", list(rows)))], RULES).problems
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_same_decisions_are_read_from_every_dialect(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    rows = [
        row(note='two\r\nlines, "quoted"; Ünal', decided_at="2026-11-05"),
        row(identity_key="p2", note="'=1+1", decided_at="2026-11-05"),
    ]
    other = [
        rows[0] | {"note": 'two\nlines, "quoted"; U\u0308nal', "decided_at": "05.11.2026"},
        rows[1] | {"note": "=1+1"},
    ]
    one = checked([read_sheet(save(tmp_path / "one.csv", rows))], RULES)
    two = checked(
        [read_sheet(save(tmp_path / "two.csv", other, delimiter=delimiter, encoding=encoding))], RULES
    )
    assert one.problems == two.problems == []
    assert [decision.key("c") for decision in one.decisions] == [
        decision.key("c") for decision in two.decisions
    ]
    assert [decision.row for decision in two.decisions] == [2, 3]
    assert two.decisions[1].note == "=1+1"


def test_every_problem_is_told_at_once_with_its_row(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        row(identity_key="nobody"),
        row(grant_key="g9"),
        row(decision="maybe"),
        row(reviewer=""),
        row(decision=""),
        row(reviewer="Ångström, ZOË"),
        row(note="a\nb", decision="revoke", grant_key="g1"),
        row(grant_key="g1"),
        row(sync_id="20261101T060000.000000Z-000000"),
        row(population_sha256="beef"),
        row(identity_key="left"),
        row(identity_key="p2", decided_at="soon"),
    )
    assert [line.split(": ", 1)[0] for line in told] == [
        f"d.csv, row {number}" for number in (2, 3, 4, 5, 7, 10, 11, 12, 13, 9)
    ]


@pytest.mark.parametrize(
    "reviewer",
    ["zoe@x.example", "ZOE@X.EXAMPLE", "Zoë <zoe@x.example>", "Zoe Angstrom", "Ångström, Zoë", "zoe.a", "p1"],
)
def test_who_decides_about_themselves_is_refused(tmp_path: Path, reviewer: str) -> None:
    [told] = problems(tmp_path, row(reviewer=reviewer))
    assert "themselves" in told


def test_an_old_read_is_refused(tmp_path: Path) -> None:
    rules = Rules(**{**vars(RULES), "now": READ_AT + timedelta(days=31, seconds=1)})
    [problem] = checked([read_sheet(save(tmp_path / "d.csv", [row()]))], rules).problems
    assert "31 days ago; 30 are allowed" in problem.text


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    without = {name: cell for name, cell in row().items() if name != column}
    [told] = problems(tmp_path, without)
    assert f"has no column {column}" in told


def test_a_quotation_mark_that_is_never_closed_takes_no_row(tmp_path: Path) -> None:
    path = save(tmp_path / "d.csv", [row(), row(identity_key="p2")])
    path.write_bytes(path.read_bytes().replace(b"head@x.example", b'"head@x.example', 1))
    found = checked([read_sheet(path)], RULES)
    assert not found.decisions
    assert "is no CSV file" in found.problems[0].text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-05", datetime(2026, 11, 5)),
        ("05.11.2026", datetime(2026, 11, 5)),
        ("5/11/2026", datetime(2026, 11, 5)),
        ("11/5/26", datetime(2026, 11, 5)),
        ("5 Nov 2026", datetime(2026, 11, 5)),
        ("Nov 5, 2026", datetime(2026, 11, 5)),
        ("11/5/2026 3:07 PM", datetime(2026, 11, 5, 15, 7)),
        ("2026-11-05T15:07:00+02:00", datetime(2026, 11, 5, 13, 7)),
    ],
)
def test_dates_of_spreadsheets_are_read(text: str, meant: datetime) -> None:
    assert moment_of(text, earliest=READ_AT, latest=NOW) == meant


@pytest.mark.parametrize(
    "text", ["11/12/2026", "2026-10-01", "2027-01-01", "46331", "31.02.2026", "13/13/2026"]
)
def test_a_date_that_may_be_another_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="decided_at"):
        moment_of(text, earliest=datetime(2026, 10, 25), latest=datetime(2026, 12, 31))


cells = st.one_of(
    st.sampled_from(["keep", "revoke", "", "a", "p1", "g1", SYNC_ID, "f00d", "'=x", '"', "\ufeff", "9/9/99"]),
    st.text(max_size=8),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.permutations([*COLUMNS, "other"]).flatmap(
        lambda names: st.sampled_from([names, names[:-1], [*names, names[0]]])
    ),
    rows=st.lists(st.lists(cells, max_size=12), max_size=6),
    delimiter=st.sampled_from(",;\t"),
    cut=st.integers(0, 400),
)
def test_no_bytes_make_a_traceback(
    tmp_path: Path, header: list[str], rows: list[list[str]], delimiter: str, cut: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    whole = text.getvalue().encode("utf-8", "surrogatepass")
    for content in (whole, whole[:cut], whole[cut:], b"\xff\xfe" + whole):
        path = tmp_path / "d.csv"
        path.write_bytes(content)
        found = checked([read_sheet(path)], RULES)
        assert all(isinstance(decision, Decision) for decision in found.decisions)
        assert all(str(problem).startswith("d.csv") for problem in found.problems)
