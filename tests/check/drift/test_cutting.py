"""Cutting a text into passages: places, kinds, what stands under what, and what is no passage."""

from __future__ import annotations

from engine.check.drift.cutting import Kind, cut


def places(text: str) -> list[tuple[str, str]]:
    return [(piece.place, piece.text) for piece in cut(text)]


def test_numbers_letters_and_bullets_name_places() -> None:
    text = "3. Reports\n\n3.1 Reading\n\n a.\n\tRead it. File it.\n b.\n\tAnswer it:\n\n- by letter\n- by telephone\n"
    assert places(text) == [
        ("3 #1", "Reports"),
        ("3.1 #1", "Reading"),
        ("3.1 a #1", "Read it."),
        ("3.1 a #2", "File it."),
        ("3.1 b #1", "Answer it:"),
        ("3.1 b a #1", "by letter"),
        ("3.1 b b #1", "by telephone"),
    ]
    assert [piece.number for piece in cut(text)] == ["3", "3.1", "3.1 a", "", "3.1 b", "", ""]


def test_what_hangs_on_a_list_stands_under_its_first_line() -> None:
    found = cut(
        "Meetings\n\nThe meeting must consider:\n\n- the school\n- the home:\n - the room\n\nIt is then closed.\n"
    )
    assert [(piece.kind, piece.under) for piece in found] == [
        (Kind.HEADING, None),
        (Kind.LEAD, "0 h1 #1"),
        (Kind.ITEM, "0 #1"),
        (Kind.LEAD, "0 #1"),
        (Kind.ITEM, "0 b #1"),
        (Kind.SENTENCE, "0 h1 #1"),
    ]


def test_line_breaks_of_the_setting_are_none_of_the_text() -> None:
    whole = "The officer reads every report from the police on the same day and checks whether the child is known."
    broken = "The officer reads every report from the police on\nthe same day and checks whether the child is known."
    assert [piece.text for piece in cut(broken)] == [piece.text for piece in cut(whole)] == [whole]


def test_a_sentence_goes_on_behind_a_page_break() -> None:
    (piece,) = cut("The officer reads every report from the police on the\n\nsame day.\n")
    assert piece.text.endswith("on the same day.")


def test_contents_page_numbers_running_titles_and_bookmarks_are_no_passages() -> None:
    page = "Absence of children, a guide\n\nThe carer rings number {}.\n\n{}\n\n"
    contents = "CONTENTS\n\n1\tWho\t2\n2\tWhen\t11\n\n[bookmark: start]\n\n"
    text = contents + "".join(page.format(number, number) for number in range(7))
    assert [piece.text for piece in cut(text)] == [f"The carer rings number {number}." for number in range(7)]


def test_a_row_of_a_table_is_one_passage_and_long_cells_are_their_own() -> None:
    long = "The worker visits the home and speaks with the child alone. " * 3
    found = cut(f"Role\tWhen\tWhat\nWorker\tSame day\t{long}\n")
    assert [piece.text for piece in found[:3]] == ["Role\tWhen\tWhat", "Worker", "Same day"]
    assert len(found) == 6


def test_abbreviations_end_no_sentence() -> None:
    assert len(cut("Tell the carer, e.g. The Hollies, and Dr. Brown at once.")) == 1


def test_a_full_line_that_is_followed_by_a_dash_opens_no_bullet() -> None:
    text = (
        "The family support team applies the guidance on thresholds for help\n"
        "- levels one to four - and says why it came to that view in the record\n"
        "of the child and in the letter that goes to the parents and the school."
    )
    assert len(cut(text)) == 1


def test_nothing_and_odd_bytes_are_cut_into_nothing() -> None:
    assert cut("") == () and cut("\n\n \t\n12\n") == ()
    assert cut("\ufeff\u200b\u00a0\n- \n") == ()
