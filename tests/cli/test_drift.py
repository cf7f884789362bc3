"""`homeward drift` and `homeward drift index` as people and scripts meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.drift import drift
from engine.pack.passages import FILE
from engine.pack.read import read_pack
from tests.pack.building import small_pack, write_pack

TEXT = """\
1. Notifications

1.1 The officer must work through every notification on the day on which it arrives.

2. Afterwards

2.1 The director must be told within 24 hours where a child is still missing.

2.2 A return interview should be held within 3 days where the child is vulnerable or was missing before.

3. Principles

3.1 Going missing is always a matter of safety for the child.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small pack with the passages of its text."""
    made = write_pack(small_pack(), tmp_path)
    result = run("index", made, TEXT, tmp_path)
    assert result[0] == 0, result[1]
    return made


def run(*given: str | Path) -> tuple[int, str]:
    """Run the command on a text; the last of what is given is where to put the text, the one before it the text."""
    *words, text, place = given
    file = Path(place) / "text.txt"
    file.write_text(str(text), encoding="utf-8")
    result = CliRunner().invoke(drift, [*map(str, words), str(file)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_the_index_holds_every_clause_and_no_word_of_the_text(folder: Path) -> None:
    pack = read_pack(folder)
    assert pack.passages is not None
    rests = {item.place: item.clauses for item in pack.passages.passages if item.clauses}
    assert rests == {"1.1 #1": ("1.1",), "2.1 #1": ("2.1",), "2.2 #1": ("2.2",), "3.1 #1": ("3.1",)}
    held = (folder / FILE).read_text().lower()
    for word in ("notification", "director", "vulnerable", "interview", "safety", "arrives"):
        assert word not in held


def test_the_same_text_has_not_changed(folder: Path, tmp_path: Path) -> None:
    code, told = run(folder, TEXT, tmp_path)
    assert code == 0 and "nothing changed in 7 passages" in told
    assert run("index", "--check", folder, TEXT, tmp_path)[0] == 0


def test_a_limit_that_changed_is_told_with_what_rests_on_it(folder: Path, tmp_path: Path) -> None:
    code, told = run(folder, TEXT.replace("24 hours", "12 hours"), tmp_path)
    assert code == 1
    assert "2.1 #1: changed in substance" in told and "limit: 24 hours → 12 hours" in told
    assert (
        "clauses: 2.1" in told
        and "(element, missing-episode)" in told
        and "notices: director-notified" in told
    )


def test_json_tells_the_same(folder: Path, tmp_path: Path) -> None:
    new = TEXT.replace("24 hours", "12 hours") + "\n3.2 Carers must ring the hospital within 2 hours.\n"
    code, told = run("compare", "--json", folder, new, tmp_path)
    found = json.loads(told)
    assert code == 1 and found["clauses"] == ["2.1"] and found["unchanged"] == 6
    appeared, changed = found["changes"]
    assert (appeared["fate"], appeared["duty_without_clause"]) == ("appeared", True)
    assert appeared["now"]["limits"] == ["2 hours"] and appeared["was"] is None
    assert changed["reasons"] == [{"sort": "limit", "lost": ["24 hours"], "gained": ["12 hours"]}]
    assert changed["touched"]["notices"] == ["director-notified"]
    assert "hospital" in appeared["text"] and "open_cases" not in found


def test_links_made_by_hand_go_with_their_passages_into_a_new_edition(folder: Path, tmp_path: Path) -> None:
    file = folder / FILE
    file.write_text(file.read_text().replace('clauses: ["2.1"]', 'clauses: ["2.1", "3.1"]'))
    code, told = run("index", folder, TEXT.replace("24 hours", "12 hours"), tmp_path)
    assert code == 0 and "proposed" not in told
    pack = read_pack(folder)
    assert pack.passages is not None
    assert {item.clauses for item in pack.passages.passages if item.place == "2.1 #1"} == {("2.1", "3.1")}


def test_a_passage_that_is_gone_takes_its_link_with_it_and_that_is_said(folder: Path, tmp_path: Path) -> None:
    new = "\n".join(line for line in TEXT.splitlines() if "director" not in line)
    code, told = run("index", folder, new, tmp_path)
    assert code == 0 and "gone: 2.1 #1, on which clause 2.1 rested" in told
    assert run("index", "--check", folder, TEXT, tmp_path)[0] == 1


def test_the_passages_of_an_earlier_edition_are_made_anew_and_not_lost(folder: Path, tmp_path: Path) -> None:
    file = folder / "procedure.yaml"
    file.write_text(file.read_text().replace('edition: "1.0"', 'edition: "2.0"'))
    code, told = run("index", folder, TEXT, tmp_path)
    pack = read_pack(folder)
    assert code == 0 and "proposed" not in told
    assert pack.passages is not None and pack.passages.edition == "2.0"


def test_a_pack_without_passages_says_how_to_make_them(tmp_path: Path) -> None:
    folder = write_pack(small_pack(), tmp_path)
    with pytest.raises(Exception, match="homeward drift index small TEXT"):
        run(folder, TEXT, tmp_path)


def test_what_is_no_text_is_refused(folder: Path, tmp_path: Path) -> None:
    for odd in ("", "\0\0"):
        with pytest.raises(Exception, match="holds no text"):
            run(folder, odd, tmp_path)
