"""Documents set as PDF: readable by machines and people, the same each time, and safe for whatever words come in."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from engine.reports.document import Document, Item, Section, as_pdf, written

MADE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'


def a_document(text: str) -> Document:
    return Document(
        title="Inspection pack",
        author="A person",
        running="Case NO-1",
        marking="OFFICIAL-SENSITIVE",
        foot="Made by a person",
        cover=[("Why", text)],
        sections=(
            Section("Chronology", text, ("When", "What", "Who"), [("1 May", text, "Somebody")]),
            Section("Ledger", items=[Item(text or "A duty", [("Limit", text)])], apart=True),
            Section("Diagrams", items=[Item("One", picture=SVG, says="A square")], apart=True, wide=True),
        ),
    )


def test_a_document_is_tagged_pdf_ua_with_title_and_language() -> None:
    file = as_pdf(a_document("The history"), MADE)
    assert file.startswith(b"%PDF-1.7")
    assert b"/MarkInfo" in file and b"/StructTreeRoot" in file
    assert re.search(rb"pdfuaid:part>1<", file)
    assert re.search(rb"/Lang ?\(en-GB\)", file)


def test_the_same_words_at_the_same_moment_give_the_same_bytes() -> None:
    first = as_pdf(a_document("The history"), MADE)
    assert as_pdf(a_document("The history"), MADE) == first
    assert as_pdf(a_document("The histories"), MADE) != first


def test_no_word_is_taken_for_markup() -> None:
    for text in (
        "#panic()",
        "*x* _y_ $z$ `code`",
        '] #read("/etc/passwd") [',
        "</svg>",
        "\\",
        '"',
        "a\n\nb",
        "",
    ):
        assert as_pdf(a_document(text), MADE).startswith(b"%PDF")


def test_names_keep_their_letters_and_others_are_written_by_name() -> None:
    kept = "Łukasz Żółć, Ștefan Țepeș, Ğülşen, Þóra Ðóra, Ιωάννης, Юрий, O’Brien – “ok” → £5 €6"
    assert written(kept) == kept
    assert written("محمد").startswith("[Arabic letter meem]")
    assert written("e\u0301") == "é"
    assert written("a\u202eb\u200dc\x00") == "abc"
    assert as_pdf(a_document("محمد 王伟 😀 " + kept), MADE).startswith(b"%PDF")
