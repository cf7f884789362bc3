"""What exploring says of diagrams whose faults are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

import engine.check.structure as structure
from engine.check.finding import Finding
from engine.check.structure import examine_process, examine_structure
from engine.check.structure.explore import explore
from tests.case.diagrams import pack


def found(text: str) -> list[Finding]:
    return examine_structure(pack(text))


def told(text: str) -> list[tuple[str, str]]:
    return [(finding.kind, finding.element) for finding in found(text)]


SPLIT_AND_JOINED = """
start s message=reported
{split} g {default}
user a
user b
{join} j
end e
s -> g
g -> a {condition}
g -> b
a -> j -> e
b -> j
"""


def split_and_joined(split: str, join: str) -> str:
    deciding = split != "and"
    condition = 'if="= episode.still_away"' if deciding else ""
    default = "default=b" if deciding else ""
    return SPLIT_AND_JOINED.format(split=split, join=join, default=default, condition=condition)


@pytest.mark.parametrize(
    ("split", "join"), [("and", "and"), ("xor", "xor"), ("or", "or"), ("and", "or"), ("xor", "or")]
)
def test_what_is_joined_as_it_was_split_has_no_fault(split: str, join: str) -> None:
    assert told(split_and_joined(split, join)) == []


def test_a_join_that_waits_for_an_alternative_never_goes_on() -> None:
    deadlock, *rest = found(split_and_joined("xor", "and"))
    assert (deadlock.kind, deadlock.element) == ("deadlock", "j")
    assert deadlock.steps == ("it starts; “g” is answered “g_a”", "“a” is done")
    assert "waits for a token from “b”" in deadlock.message
    assert rest == []


def test_a_join_behind_an_inclusive_split_may_lack_a_token() -> None:
    kinds = told(split_and_joined("or", "and"))
    assert ("deadlock", "j") in kinds
    assert ("unreachable", "e") not in kinds


def test_parallel_branches_that_meet_without_a_join_double_what_follows() -> None:
    doubled = found(
        """
        start s message=reported
        and g
        user a
        user b
        xor j
        user c
        end e
        s -> g -> a -> j -> c -> e
        g -> b -> j
        """
    )
    assert [(f.kind, f.element, f.note, f.fault) for f in doubled] == [("doubled", "c", True, False)]
    assert doubled[0].steps[1:] in ((("“a” is done"), ("“b” is done")), (("“b” is done"), ("“a” is done")))


ROUNDS = """
start s message=reported
xor again
user a
end e
s -> again -> a -> again
"""


def test_a_circle_without_a_way_out_never_ends() -> None:
    endless = found(ROUNDS.replace("end e", ""))
    assert [(f.kind, f.element) for f in endless] == [("never-ends", "a")]
    assert endless[0].steps == ("it starts",)


def test_what_only_watches_need_not_end() -> None:
    assert told(ROUNDS.replace("end e", "").replace("user a", "user a watch=true")) == []


INTERRUPTED = """
start s message=reported
sub w
start ws in=w
xor again in=w
user a in=w
ws -> again -> a -> again
boundary back on=w {event} {keep}
user after
end e1
end e2
s -> w
w -> e1
back -> after -> e2
"""


def test_a_circle_that_an_event_interrupts_may_go_on_until_then() -> None:
    assert told(INTERRUPTED.format(event="message=returned", keep="")) == []


def test_a_circle_is_not_ended_by_an_event_that_does_not_interrupt() -> None:
    kinds = told(INTERRUPTED.format(event="message=returned", keep="keep"))
    assert ("never-ends", "a") in kinds


def test_work_behind_a_scope_that_only_an_interruption_ends_is_never_reached() -> None:
    text = INTERRUPTED.format(event="message=returned", keep="").replace("w -> e1", "w -> lost -> e1")
    assert told(text + "user lost") == [("unreachable", "lost")]


THROWN = """
start s message=reported
sub w
start ws in=w
user a in=w
end we in=w escalation=far
ws -> a -> we
boundary caught on=w escalation={code} {keep}
user after
end e1
end e2
s -> w -> e1
caught -> after -> e2
"""


def test_an_escalation_that_is_thrown_is_caught() -> None:
    assert told(THROWN.format(code="far", keep="keep")) == []


def test_an_event_that_waits_for_what_nobody_throws_is_never_reached() -> None:
    assert told(THROWN.format(code="near", keep="keep")) == [("unreachable", "caught")]


def test_an_error_leaves_a_scope_without_ending_it() -> None:
    text = (
        THROWN.replace("escalation", "error")
        .format(code="far", keep="")
        .replace("w -> e1", "w -> lost -> e1")
    )
    assert told(text + "user lost") == [("unreachable", "lost")]


CALLED = """
start s message=reported
call k process=q
user after
end e
s -> k -> after -> e
process q
start qs
{body}
"""


def test_a_called_process_that_ends_goes_on_where_it_was_called() -> None:
    assert told(CALLED.format(body="user qa\nend qe\nqs -> qa -> qe")) == []


def test_a_called_process_that_never_ends_leaves_its_caller_waiting() -> None:
    body = "xor again\nuser qa\nqs -> again -> qa -> again"
    kinds = told(CALLED.format(body=body))
    assert ("never-ends", "qa") in kinds
    assert ("unreachable", "after") in kinds


def test_one_process_can_be_looked_at_with_what_it_calls() -> None:
    body = "xor again\nuser qa\nqs -> again -> qa -> again"
    of = pack(CALLED.format(body=body))
    assert [f.element for f in examine_process(of, "q")] == ["qa"]
    assert [f.element for f in examine_process(of, "missing-episode")] == ["after"]


def test_a_join_that_is_stuck_beside_a_standing_watch_is_told() -> None:
    text = (
        split_and_joined("xor", "and")
        .replace("s -> g", "s -> all -> g")
        .replace("start s", "and all\nstart s")
    )
    watching = "\nxor again\nuser w watch=true\nall -> again -> w -> again"
    assert ("never-ends", "j") in told(text + watching)


PILING = """
start s message=reported
xor again
user hold
and held
user minutes
end e
catch day timer="= days after(now, 1)"
xor more default=over
end over
s -> again -> hold -> held -> day -> more
held -> minutes -> e
more -> again if="= episode.still_away"
more -> over
"""


def test_a_loop_that_lets_work_pile_up_is_explored_to_an_end() -> None:
    assert told(PILING) == [("doubled", "minutes")]


def test_a_circle_that_never_waits_is_told_where_the_reader_lets_it_pass() -> None:
    text = """
    start s message=reported
    xor again
    throw t
    xor more default=e
    end e
    s -> again -> t -> more
    more -> again if="= episode.still_away"
    more -> e
    """
    assert told(text) == [("never-rests", "more")]


def test_a_bound_that_is_met_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "explore", lambda play: explore(play, in_full=2, limit=2))
    findings = found(split_and_joined("and", "and"))
    assert [(f.kind, f.note, f.exact) for f in findings] == [("not-explored", True, False)]


def test_an_accepted_finding_keeps_its_reason() -> None:
    of = replace(
        pack(ROUNDS.replace("end e", "")), accepted={"never-ends:a": "it is meant", "gap:x": "not ours"}
    )
    assert [(f.fault, f.accepted) for f in examine_structure(of)] == [(False, "it is meant")]
