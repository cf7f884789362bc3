"""Reading tables that other systems send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.services.tabular import Column, Table, UnreadableTable, neutral, read_table, write_csv

COLUMNS = (
    Column("surname", "", ("last name",), required=True),
    Column("given_names", "", ("first name",)),
    Column("details", ""),
)


def read(data: bytes | str) -> Table:
    return read_table("list.csv", data.encode() if isinstance(data, str) else data, COLUMNS)


def values(table: Table) -> list[dict[str, str]]:
    return [dict(row.values) for row in table.rows]


def test_headings_are_known_in_any_spelling_and_unknown_ones_are_named() -> None:
    table = read("LAST NAME,first-name,Shoe size\nKerr,Tomasz,7\n")
    assert values(table) == [{"surname": "Kerr", "given_names": "Tomasz"}]
    assert table.unknown == ("Shoe size",)


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
def test_every_encoding_a_spreadsheet_saves_in_is_read(encoding: str, seen: str) -> None:
    table = read("surname;given_names\r\nBrontë;Zoë’s\r\n".encode(encoding))
    assert values(table) == [{"surname": "Brontë", "given_names": "Zoë’s"}]
    assert table.encoding == seen


def test_a_ragged_row_is_bad_and_its_neighbours_are_read() -> None:
    table = read("surname,given_names\nKerr,Tomasz,extra\nFirth\nShaw,Ann\nRose,Jo,,\n")
    assert [(row.line, row.problem) for row in table.rows] == [
        (2, "the row has 3 cells, the heading 2"),
        (3, "the row has 1 cells, the heading 2"),
        (4, None),
        (5, None),
    ]


def test_a_quotation_mark_that_never_closes_costs_one_row_only() -> None:
    table = read('surname,given_names\nKerr,"Tomasz\nShaw,Ann\nFirth,"Dan"\nRose,Jo\n')
    assert table.rows[0].problem is not None
    assert [row.values["surname"] for row in table.rows if row.problem is None][-2:] == ["Firth", "Rose"]
    assert "Shaw" in {row.values.get("surname") for row in table.rows}


def test_a_cell_may_hold_line_breaks() -> None:
    table = read('surname,details\nKerr,"one\r\ntwo"\nShaw,x\n')
    assert [(row.line, row.values["details"], row.problem) for row in table.rows] == [
        (2, "one\ntwo", None),
        (4, "x", None),
    ]


def test_characters_that_cannot_be_stored_make_the_row_bad() -> None:
    table = read("surname,given_names\nKe\x00rr,Tomasz\nShaw,An\u202en\n")
    assert table.rows[0].problem is not None
    assert "U+0000" in table.rows[0].problem
    assert "\x00" not in str(table.rows[0].values)
    assert table.rows[1].problem is None
    assert table.rows[1].values["given_names"] == "Ann"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"given_names\nAnn\n",
        b"surname,last name\na,b\n",
        b"\xff\xfe\x00",
        b"[1, 2",
        b'{"a": 1}',
        b"[" * 100_000,
        b'[{"surname": NaN}]',
    ],
)
def test_a_file_that_is_no_table_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(UnreadableTable, match=r"^list\.csv"):
        read(data)


def test_json_rows_are_read_one_by_one_and_bad_ones_kept() -> None:
    table = read(
        '{"rows": [{"surname": "Kerr", "First Name": ["A", "B"], "x": 1}, 5, {"surname": "", "surname": "b"},'
        ' {"surname": {"deep": 1}}, {"surname": "\\ud800"}, {"surname": "Shaw", "details": null}]}'
    )
    assert [row.line for row in table.rows] == [1, 2, 3, 4, 5, 6]
    assert [row.problem is None for row in table.rows] == [True, False, False, False, False, True]
    assert values(table)[0] == {"surname": "Kerr", "given_names": "A; B"}
    assert table.unknown == ("x",)


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-1", "@x", "\t=1", "  =1", "\r=1"])
def test_no_exported_cell_begins_like_a_formula(cell: str) -> None:
    assert neutral(cell).startswith("'")
    assert f"'{cell}" in write_csv(["a"], [[cell]])


def test_ordinary_cells_are_exported_unchanged() -> None:
    assert write_csv(["a", "b"], [["O'Hara", "20/11/2026"]]) == "a,b\r\nO'Hara,20/11/2026\r\n"


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=12), max_size=8))
def test_no_line_is_lost_whatever_the_lines_hold(lines: list[str]) -> None:
    flat = [line.replace("\n", "").replace("\r", "") for line in lines]
    table = read("surname,given_names\n" + "\n".join(flat) + "\nLast,Row\n")
    assert (
        dict(table.rows[-1].values).get("surname") in ("Last", "LastRow")
        or table.rows[-1].problem is not None
    )
    told = [line for line in flat if line.strip(' ,"\t\u00a0') and line.strip()]
    assert len(table.rows) >= 1
    assert len(table.rows) + sum(line.count('"') for line in flat) >= len([t for t in told if t.isalnum()])
