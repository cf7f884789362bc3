"""Code of other languages in every field that holds an expression or a name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.pack.hostile.case import BPMN, DMN, FORM, NOTICE, PACK, PROCEDURE, REGISTER, Case, Traps, replaced

FIELDS = {
    "condition": (BPMN, "= interview.required", "= {}"),
    "timer": (BPMN, '= episode.reported_at + duration("PT24H")', "= {}"),
    "due": (BPMN, "= working day of(notification.received_at)", "= {}"),
    "outcome": (BPMN, "= if interview.accepted then &quot;done&quot; else &quot;refused&quot;", "= {}"),
    "on_interrupt": (
        BPMN,
        "= if return.returned_at &lt; trigger then &quot;withdraw&quot; else &quot;keep&quot;",
        "= {}",
    ),
    "occasion": (
        BPMN,
        '<spiffworkflow:property name="form"',
        '<spiffworkflow:property name="occasion" value="= {}" /><spiffworkflow:property name="form"',
    ),
    "role": (BPMN, 'name="role" value="social_worker"', 'name="role" value="= {}"'),
    "duty": (BPMN, 'name="duty" value="notify_director"', 'name="duty" value="{}"'),
    "form": (BPMN, 'name="form" value="process-notification"', 'name="form" value="{}"'),
    "notice": (BPMN, 'name="notice" value="director-notified"', 'name="notice" value="{}"'),
    "decision": (BPMN, "Id>return-interview<", "Id>{}<"),
    "script before": (
        BPMN,
        "<spiffworkflow:calledDecisionId>",
        "<spiffworkflow:preScript>{}</spiffworkflow:preScript><spiffworkflow:calledDecisionId>",
    ),
    "script after": (
        BPMN,
        "<spiffworkflow:calledDecisionId>",
        "<spiffworkflow:postScript>{}</spiffworkflow:postScript><spiffworkflow:calledDecisionId>",
    ),
    "script task": (
        BPMN,
        '<bpmn:endEvent id="search_ended"',
        (
            '<bpmn:scriptTask id="evil" name="Evil"><bpmn:script>{}</bpmn:script></bpmn:scriptTask>'
            '<bpmn:endEvent id="search_ended"'
        ),
    ),
    "repetition": (
        BPMN,
        "<bpmn:incoming>flow_reported</bpmn:incoming>",
        (
            "<bpmn:incoming>flow_reported</bpmn:incoming><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{}"
            "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
        ),
    ),
    "input of a table": (DMN, "<text>risk.vulnerable</text>", "<text>{}</text>"),
    "cell of a table": (DMN, "<text>&gt;= 2</text>", "<text>{}</text>"),
    "result of a table": (DMN, "<text>false</text>", "<text>{}</text>"),
    "clauses of a rule": (DMN, "clauses: 2.2 A vulnerable", "clauses: {} A vulnerable"),
    "derived fact": (PROCEDURE, "'now - episode.reported_at'", "|-\n    {}"),
    "impossible": (PROCEDURE, "'child.age < 0'", "|-\n    {}"),
    "calendar": (PROCEDURE, "region: england", 'region: "{}"'),
    "receiver of a notice": (NOTICE, "role: director", 'role: "{}"'),
    "placeholder of a notice": (NOTICE, "{link}", "{{{}}}"),
    "clause of a question": (FORM, '["2.2"]', '["{}"]'),
    "obligation of a clause": (REGISTER, "[process_notification]", '["{}"]'),
}
FREE = {"clauses of a rule"}
"""Fields in which words may stand that are no names; there code is a text like any other."""


def payloads(traps: Traps) -> dict[str, str]:
    made = traps.made
    return {
        "import": f"__import__('os').system('touch {made}')",
        "subclasses": "().__class__.__base__.__subclasses__()",
        "exec": f"exec('open(1)') or open('{made}', 'w')",
        "lambda": f"(lambda: open('{made}'))()",
        "comprehension": "[x for x in ().__class__.__mro__]",
        "walrus": "(y := open)",
        "environment": "os.environ['HOMEWARD_SECRET_KEY']",
        "template": "{{ config.__class__ }}",
        "lookup": f"${{jndi:ldap://127.0.0.1:{traps.port}/a}}",
        "shell": f"$(touch {made})",
        "java": f"java.lang.Runtime.exec('touch {made}')",
        "javascript": "function(){return process.env}()",
    }


def _in_xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def cases(traps: Traps) -> Iterator[Case]:
    for field, (path, old, new) in FIELDS.items():
        if field in FREE:
            continue
        for name, code in payloads(traps).items():
            text = _in_xml(code) if path in {BPMN, DMN} else code
            filled = new.replace("{{{}}}", "{" + text + "}") if "{{{}}}" in new else new.replace("{}", text)
            yield Case(f"code/{field}/{name}", PACK, partial(replaced, path, old, filled))
