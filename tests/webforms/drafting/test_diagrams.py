"""The diagram editor's page and what it asks the server; and that a file which it opens and saves loses nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree, html

from engine.check.inspection import inspect_files
from engine.pack.draw.apart import TooTangled, tidied_apart
from engine.pack.edit.diagram import CALLED, STARTS, listed, new
from engine.pack.files import files_of
from engine.services.drafting import drafts
from engine.setup import node
from tests.webforms.drafting.drafting import editor_content, editor_post
from tests.webforms.site import PACKS, Site, Visitor

OWNER, QA = "process-owner", "quality-assurance"
FILE = "return-interview.bpmn"
ASSETS = Path(__file__).parents[3] / "webforms" / "assets"
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&b;&f;</d>'
)
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

Canonical = tuple[str, tuple[tuple[str, str], ...], str, tuple[Any, ...]]


def reopened(paths: list[Path]) -> Mapping[str, Mapping[str, Any]]:
    """Open files in Node as the editor does and write them again: by path the warnings and the XML."""
    folder = node.bin_folder()
    assert folder is not None, "Node is needed to build the pages' scripts"
    script = Path(__file__).with_name("reopened.mjs")
    done = subprocess.run(
        [str(folder / "node"), str(script), str(ASSETS), *map(str, paths)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def canonical(element: etree._Element) -> Canonical:
    """Return all that an element says: its name, attributes, text and children in their order.

    An attribute that states what BPMN takes for granted (7.2.5, 10.5.4: a boundary event cancels) says nothing.
    """
    told = {key: value for key, value in element.attrib.items() if (key, value) != ("cancelActivity", "true")}
    inner = tuple(canonical(child) for child in element if isinstance(child.tag, str))
    return element.tag, tuple(sorted(told.items())), (element.text or "").strip(), inner


@pytest.fixture
def draft(site: Site) -> int:
    with site.session() as session:
        made = drafts.create(site.desk(session), "A longer limit")
        session.commit()
    return made


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.client(OWNER)


def source(draft: int, visitor: Visitor) -> str:
    return editor_content(visitor, draft, FILE)


# --- opening and saving again


def test_every_diagram_of_every_council_is_opened_and_saved_without_loss() -> None:
    paths = sorted(PACKS.glob("*/*.bpmn"))
    found = reopened(paths)
    assert len(found) == len(paths) > 150
    for path in paths:
        written = found[str(path)]
        assert written["warnings"] == [], path
        assert canonical(etree.fromstring(written["xml"].encode())) == canonical(
            etree.parse(path).getroot()
        ), path


def test_extensions_of_others_are_kept_and_what_the_editor_would_lose_is_told(tmp_path: Path) -> None:
    text = (PACKS / "nottinghamshire" / FILE).read_text()
    ours = "<spiffworkflow:properties>"
    foreign = (
        '<camunda:inputOutput xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><camunda:inputParameter name="a">'
        "${b}</camunda:inputParameter></camunda:inputOutput>"
        '<zeebe:taskDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" type="x" retries="3" />'
    )
    kept, lost = tmp_path / "kept.bpmn", tmp_path / "lost.bpmn"
    kept.write_text(text.replace(ours, foreign + ours, 1))
    lost.write_text(text.replace(ours, '<spiffworkflow:unheardOf a="1" />' + ours, 1))
    found = reopened([kept, lost])
    assert found[str(kept)]["warnings"] == []
    assert canonical(etree.fromstring(found[str(kept)]["xml"].encode())) == canonical(
        etree.parse(kept).getroot()
    )
    assert "unheardOf" in " ".join(found[str(lost)]["warnings"])


# --- the page


def test_an_owner_draws_and_quality_assurance_reads(site: Site, draft: int) -> None:
    address = f"/procedure/drafts/{draft}/diagrams/return-interview"
    page = site.client(OWNER).get(address)
    assert page.status_code == 200
    tree = html.fromstring(page.text)
    root = tree.xpath("//*[@data-module='hw-modeller']")[0]
    assert root.get("data-editable") == "yes" and root.get("hidden") is not None
    assert tree.xpath("//*[@data-saves]/@data-saves") == [f"/procedure/drafts/{draft}/files/{FILE}"]
    assert "<noscript>" in page.text and "Choose an interviewer independent of the placement" in page.text
    read = html.fromstring(site.client(QA).get(address).text)
    assert read.xpath("//*[@data-module='hw-modeller']/@data-editable") == ["no"]
    assert not read.xpath("//*[@data-saves]")
    assert site.client("social-worker").get(address).status_code == 403
    assert site.client(OWNER).get(f"/procedure/drafts/{draft}/diagrams/nothing").status_code == 404


def test_only_the_editors_page_may_carry_style_attributes_and_no_page_a_foreign_script(
    owner: Visitor, draft: int
) -> None:
    drawn = owner.get(f"/procedure/drafts/{draft}/diagrams/return-interview").headers[
        "Content-Security-Policy"
    ]
    assert "style-src-attr 'unsafe-inline'" in drawn and "script-src 'self';" in drawn
    assert "style-src-elem" not in drawn and "style-src 'self';" in drawn
    other = owner.get(f"/procedure/drafts/{draft}").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in other


def test_a_diagram_that_cannot_be_read_opens_to_be_mended(site: Site, owner: Visitor, draft: int) -> None:
    kept = editor_post(
        owner, f"/procedure/drafts/{draft}/files/{FILE}", {"content": "<bpmn", "opened": digest(owner, draft)}
    )
    assert kept.status_code == 200
    page = owner.get(f"/procedure/drafts/{draft}/diagrams/return-interview")
    assert page.status_code == 200 and "The file cannot be drawn" in page.text
    words = owner.get(f"/procedure/drafts/{draft}/words").json
    assert words is not None and len(words["clauses"]) > 100 and len(words["forms"]) > 10


def digest(visitor: Visitor, draft: int) -> str:
    answer = visitor.get(f"/procedure/drafts/{draft}/files/{FILE}").json
    assert answer is not None
    return str(answer["digest"])


@pytest.mark.parametrize("start", list(STARTS))
def test_a_new_diagram_stands_and_is_listed(start: str) -> None:
    files = files_of(PACKS / "nottinghamshire")
    drawn = new(
        "school-told",
        "The school’s <list>",
        "Council & county",
        "Social worker",
        "social_worker",
        start,
        "returned",
    )
    listing = listed(files["procedure.yaml"], "school-told", "The school’s <list>")
    found = inspect_files({**files, "school-told.bpmn": drawn, "procedure.yaml": listing}, "nottinghamshire")
    about = [one for one in found.faults if one.file in {"procedure.yaml", "school-told.bpmn"}]
    if start == CALLED:  # nothing calls it yet
        about = [one for one in about if "call" not in one.message]
    assert about == []
    assert files["procedure.yaml"].decode().replace("\n", "") in listing.decode().replace("\n", "").replace(
        f'  school-told: {{title: "The school’s <list>", order: {len(files_listed(listing))}}}', ""
    )


def files_listed(listing: bytes) -> list[str]:
    return list(yaml.safe_load(listing)["processes"])


def test_an_owner_begins_a_diagram(owner: Visitor, draft: int) -> None:
    address = f"/procedure/drafts/{draft}/new-diagram"
    made = owner.post(
        address,
        {"title": "The school is told", "start": "event", "event": "returned", "role": "social_worker"},
    )
    assert made.status_code == 302 and made.location.endswith("/diagrams/the-school-is-told")
    page = owner.get(made.location)
    assert page.status_code == 200 and "The school is told" in page.text
    again = owner.post(address, {"title": "The school is told", "start": "called", "role": "social_worker"})
    assert again.location.endswith("/diagrams/the-school-is-told-2")
    lacking = owner.post(address, {"title": "", "start": "event", "role": "social_worker"})
    assert lacking.status_code == 422


# --- the checks


def test_the_checks_say_what_is_wrong_with_what_is_drawn_and_change_nothing(
    owner: Visitor, draft: int
) -> None:
    text = source(draft, owner)
    address = f"/procedure/drafts/{draft}/inspect/{FILE}"
    clean = editor_post(owner, address, {"content": text}).json
    assert clean is not None and clean["faults"] == []
    broken = text.replace("return.returned_at + duration", "return.retuned_at + duration", 1)
    found = editor_post(owner, address, {"content": broken}).json
    assert found is not None
    fault = found["faults"][0]
    assert (fault["here"], fault["element"], fault["label"]) == (
        True,
        "due_again",
        "Interview due: missing again",
    )
    assert "return.retuned_at" in fault["message"] and "return.returned_at" in fault["remedy"]
    assert source(draft, owner) == text


def test_a_hostile_diagram_is_refused_as_a_fault(owner: Visitor, draft: int) -> None:
    script = (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}"><bpmn:process id="../../x" name="&lt;script&gt;">'
        '<bpmn:scriptTask id="s"><bpmn:script>__import__("os").system("id")</bpmn:script></bpmn:scriptTask>'
        "</bpmn:process></bpmn:definitions>"
    )
    for content in (ENTITIES, "", "<d>" * 5000, "\ufffd", script):
        answer = editor_post(owner, f"/procedure/drafts/{draft}/inspect/{FILE}", {"content": content})
        assert answer.status_code == 200
        assert answer.json is not None and answer.json["faults"][0]["here"]
        assert "root:" not in answer.text
        tidied = editor_post(
            owner, f"/procedure/drafts/{draft}/tidy/{FILE}", {"content": content, "elements": None}
        )
        assert tidied.status_code in (200, 422) and "root:" not in tidied.text


def test_what_is_no_file_of_a_pack_or_no_content_is_refused(site: Site, owner: Visitor, draft: int) -> None:
    address = f"/procedure/drafts/{draft}/inspect/"
    for path in ("readme.txt", "..%2Fx.bpmn", "scenarios/x.yaml"):
        assert editor_post(owner, address + path, {"content": "x"}).status_code == 404
    for body in ([], {"content": 3}, "x"):
        assert editor_post(owner, address + FILE, body).status_code == 400
    assert owner.http.post(address + FILE, json={"content": "x"}).status_code == 400  # without its token
    assert editor_post(owner, address + FILE, {"content": "x" * 3_100_000}).status_code == 413
    stranger = site.client("social-worker")
    for asked in ("words", f"files/{FILE}", f"remarks/{FILE}"):
        assert stranger.get(f"/procedure/drafts/{draft}/{asked}").status_code == 403


def test_quality_assurance_looks_but_does_not_lay_out_or_save(site: Site, draft: int) -> None:
    reader = site.client(QA)
    text = source(draft, reader)
    assert (
        editor_post(reader, f"/procedure/drafts/{draft}/inspect/{FILE}", {"content": text}).status_code == 200
    )
    assert editor_post(reader, f"/procedure/drafts/{draft}/tidy/{FILE}", {"content": text}).status_code == 403
    assert (
        editor_post(reader, f"/procedure/drafts/{draft}/files/{FILE}", {"content": text}).status_code == 403
    )


# --- words and expressions


def test_everything_is_chosen_by_its_name(owner: Visitor, draft: int) -> None:
    words = owner.get(f"/procedure/drafts/{draft}/words").json
    assert words is not None
    by_id = {
        kind: {one["id"]: one for one in words[kind]} for kind in ("facts", "obligations", "roles", "clauses")
    }
    assert by_id["facts"]["return.returned_at"]["label"] == "Came back"
    assert by_id["roles"]["missing_coordinator"]["label"] == "Children Missing Officer"
    assert by_id["clauses"]["3.4.a"]["label"] and by_id["obligations"]["hold_return_interview"]["label"]
    assert {"id": "return-interview", "label": "The return interview", "called": False} in words["processes"]
    assert "hold_interview" in words["ids"][FILE]
    assert {one["id"] for one in words["functions"]} >= {"working days after", "is known", "duration"}


SAID: list[tuple[dict[str, object], str, str]] = [
    ({"text": '= return.returned_at + duration("PT36H")', "kind": "due"}, "36 hours after “Came back”", ""),
    ({"text": "return.retuned_at", "kind": "due"}, "", "return.retuned_at is no fact"),
    ({"text": "1 +", "kind": "value"}, "", "This cannot be read"),
    ({"text": '"yes"', "kind": "condition"}, "", "this gives a text"),
    ({"text": '"lost"', "kind": "outcome"}, "", "'lost' is not a possible result"),
    ({"text": "if due < raised then \"done\" else \"open\"", "kind": "outcome"}, "done", ""),
    ({"text": "due", "kind": "condition"}, "", "due is no fact"),
    ({"text": "period.from", "kind": "due", "periodic": True}, "", ""),
    ({"text": "period.from", "kind": "due"}, "", "period.from is no fact"),
    ({"text": '"grave"', "kind": "value", "fact": "risk.level"}, "", "never 'grave'"),
    ({"text": '"high", "medium"', "kind": "unary", "fact": "risk.level"}, "“Level of risk” is high or medium", ""),
    ({"text": '"grave"', "kind": "unary", "fact": "risk.level"}, "", "never 'grave'"),
    ({"text": "[" * 3000, "kind": "value"}, "", "This cannot be read"),
]  # fmt: skip
"""What is asked, what is said of it in English, and what is wrong with it."""


def test_an_expression_is_checked_and_said_in_english(owner: Visitor, draft: int) -> None:
    for asked, says, wrong in SAID:
        said = editor_post(owner, f"/procedure/drafts/{draft}/feel", asked).json
        assert said is not None
        assert says.casefold() in said["says"].casefold()
        if wrong:
            assert wrong in said["problems"][0]["message"]
        else:
            assert said["problems"] == [], asked
    asked = {"text": "child.age >= 16", "kind": "condition"}
    said = editor_post(owner, f"/procedure/drafts/{draft}/feel", asked).json
    assert said is not None and said["boundary"] == {"child.age": ["15", "16", "17"]}
    assert (
        editor_post(owner, f"/procedure/drafts/{draft}/feel", {"text": "1", "kind": "song"}).status_code
        == 400
    )


# --- the layout


def test_a_tidy_layout_of_some_leaves_the_rest_where_it_is(owner: Visitor, draft: int) -> None:
    text = source(draft, owner)
    address = f"/procedure/drafts/{draft}/tidy/{FILE}"
    some = editor_post(owner, address, {"content": text, "elements": ["choose_interviewer"]}).json
    assert some is not None
    assert set(some["shapes"]) == {"choose_interviewer"}
    assert set(some["edges"]) == {"flow_return_interview_8", "flow_return_interview_10"}
    whole = editor_post(owner, address, {"content": text, "elements": None}).json
    assert (
        whole is not None and len(whole["shapes"]) > 20 and "lane_return_interview_holder" in whole["shapes"]
    )
    assert editor_post(owner, address, {"content": text, "elements": "all"}).status_code == 400


def test_a_tangle_ends_with_its_time_and_not_with_the_servers() -> None:
    steps = "".join(f'<bpmn:userTask id="n{i}" />' for i in range(120))
    ways = "".join(
        f'<bpmn:sequenceFlow id="f{i}_{j}" sourceRef="n{i}" targetRef="n{(i * 7 + j) % 120}" />'
        for i in range(120)
        for j in (1, 3)
    )
    text = f'<bpmn:definitions xmlns:bpmn="{BPMN}"><bpmn:process id="p">{steps}{ways}</bpmn:process></bpmn:definitions>'
    with pytest.raises(TooTangled, match="lay out a part"):
        tidied_apart(text.encode(), seconds=1.0)


# --- comments


def test_a_comment_on_an_element_is_kept_answered_and_settled(site: Site, owner: Visitor, draft: int) -> None:
    address = f"/procedure/drafts/{draft}/remarks/{FILE}"
    reader = site.client(QA)
    kept = editor_post(reader, address, {"text": "Why so long?", "element": "due_again"}).json
    assert kept is not None
    remark = kept["remarks"][0]
    assert (remark["element"], remark["text"]) == ("due_again", "Why so long?") and remark["name"]
    answered = editor_post(
        owner, address, {"text": "The partnership asked for it", "answers": remark["id"]}
    ).json
    assert (
        answered is not None
        and answered["remarks"][0]["answers"][0]["text"] == "The partnership asked for it"
    )
    assert editor_post(owner, address, {"text": "  "}).status_code == 422
    assert editor_post(owner, address, {"text": "x", "answers": 999}).status_code == 404
    settled = editor_post(owner, address, {"settle": remark["id"]}).json
    assert settled is not None and settled["remarks"] == []
    assert "Why so long?" in owner.get(f"/procedure/drafts/{draft}").text
