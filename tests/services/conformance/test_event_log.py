"""Cases as an event log that outside tools read: whole, in the shape of IEEE 1849-2016, and without a child's name."""

from __future__ import annotations

import io
from collections import Counter
from datetime import datetime

from lxml import etree

from engine.services import conformance
from engine.xml import parse_xml
from tests.services.conformance.conftest import REPORTED, Place

XES = "{http://www.xes-standard.org/}"
Event = dict[str, str]


def written(place: Place, *, pseudonyms: bool = False) -> bytes:
    """The event log of every case."""
    file = io.BytesIO()
    place.do(lambda desk: list(conformance.write_log(desk, file, pseudonyms=pseudonyms)))
    return file.getvalue()


def traces(log: bytes) -> dict[str, list[Event]]:
    """The events of each trace, in order, by the trace's name."""
    root = etree.fromstring(log)
    return {
        attributes(trace)["concept:name"]: [attributes(event) for event in trace.iterfind(f"{XES}event")]
        for trace in root.iterfind(f"{XES}trace")
    }


def attributes(element: etree._Element) -> Event:
    return {child.get("key", ""): child.get("value", "") for child in element if child.get("key")}


def lived(place: Place) -> int:
    """A case in which a task was done, a timer fired, a notice left, the child came back and an interview is open."""
    case = place.report()
    place.wait(2)
    place.process(case)
    place.wait(25)
    place.back(case)
    return case


def test_the_log_has_the_shape_that_the_standard_gives(place: Place) -> None:
    lived(place)
    root = etree.fromstring(written(place))
    assert root.tag == f"{XES}log"
    assert root.get("xes.version") == "1849.2016" and root.get("xes.features") is not None
    order = ["extension", "global", "classifier", "string", "trace"]
    found = [str(child.tag).removeprefix(XES) for child in root]
    assert found == sorted(found, key=order.index)
    assert {one.get("prefix") for one in root.iterfind(f"{XES}extension")} == {
        "concept",
        "time",
        "lifecycle",
        "org",
    }
    declared = {
        scope: {child.get("key") for child in one}
        for one in root.iterfind(f"{XES}global")
        if (scope := one.get("scope")) is not None
    }
    assert declared == {
        "trace": {"concept:name"},
        "event": {"concept:name", "time:timestamp", "lifecycle:transition"},
    }
    for classifier in root.iterfind(f"{XES}classifier"):
        assert set(str(classifier.get("keys")).split()) <= declared["event"]
    for element in root.iter(f"{XES}trace", f"{XES}event"):
        scope = str(element.tag).removeprefix(XES)
        keys = [child.get("key") for child in element if child.get("key")]
        assert declared[scope] <= set(keys) and len(keys) == len(set(keys))
    for date in root.iter(f"{XES}date"):
        assert datetime.fromisoformat(str(date.get("value"))).tzinfo is not None


def test_a_trace_tells_what_was_opened_done_and_withdrawn_in_order_and_by_which_role(place: Place) -> None:
    lived(place)
    (events,) = traces(written(place)).values()
    told = [(event["concept:name"], event["lifecycle:transition"]) for event in events]
    assert told == [
        ("Reported", "complete"),
        ("Work through the notification", "start"),
        ("Work through the notification", "complete"),
        ("24 hours passed", "complete"),
        ("Tell the director", "start"),
        ("Tell the director", "complete"),
        ("Returned", "complete"),
        ("Hold the return interview", "start"),
    ]
    moments = [datetime.fromisoformat(event["time:timestamp"]) for event in events]
    assert moments == sorted(moments) and moments[0] == REPORTED
    by_task = Counter((event.get("concept:instance"), event["lifecycle:transition"]) for event in events)
    assert max(times for (task, _), times in by_task.items() if task) == 1
    interview = events[-1]
    assert (interview["org:role"], interview["clauses"]) == ("social_worker", "2.2")
    assert interview["due"].startswith("2026-05-16T12:30")  # 72 hours after the return, in local time


def test_nothing_in_the_log_names_a_child_or_holds_what_somebody_typed(place: Place) -> None:
    child = place.do(lambda desk: place.office.child(desk.session, surname="Quillfeather"))
    assert child
    case = place.report()
    place.complete(case, "process_notification", risk__vulnerable=True, notes="Seen at the harbour wall.")
    for log in (written(place), written(place, pseudonyms=True)):
        text = log.decode().lower()
        for word in ("quillfeather", "example", "ada", "harbour", "2012"):
            assert f">{word}" not in text and f'"{word}' not in text and f" {word}" not in text


def test_a_pseudonym_belongs_to_one_file_and_names_one_case(place: Place) -> None:
    lived(place)
    place.report()
    first, second = written(place, pseudonyms=True), written(place, pseudonyms=True)
    assert b"SM-2026" not in first
    assert len(traces(first)) == 2 and not set(traces(first)) & set(traces(second))
    assert sorted(map(len, traces(first).values())) == sorted(map(len, traces(written(place)).values()))


def test_what_an_interruption_took_away_is_withdrawn(place: Place) -> None:
    """A case that is closed while work stands open leaves no task that never ends."""
    case = lived(place)
    place.complete(case, "hold_interview", interview__accepted=True)
    (events,) = traces(written(place)).values()
    opened = {event["concept:instance"] for event in events if event["lifecycle:transition"] == "start"}
    ended = {
        event["concept:instance"]
        for event in events
        if event.get("kind") == "task" and event["lifecycle:transition"] in ("complete", "withdraw")
    }
    assert opened == ended
    assert events[-1]["outcome"] == "done"


def test_the_log_is_read_by_the_projects_own_hardened_parser(place: Place) -> None:
    lived(place)
    assert parse_xml(written(place), "log.xes").tag == f"{XES}log"
