"""HTML and scripts as people's words: labels, documentation, titles, names. They are accepted, and shown as they are.

Only a brace in a notice or form is refused by name: it is a placeholder there, which nothing fills in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from tests.pack.hostile.case import (
    BPMN,
    DMN,
    FORM,
    NOTICE,
    PACK,
    PROCEDURE,
    REGISTER,
    TEXT,
    Case,
    Traps,
    replaced,
)

PAYLOADS = {
    "script": "<script>window.hacked=1</script>",
    "image": "<img src=x onerror=window.hacked=1>",
    "svg": "<svg onload=window.hacked=1><script>window.hacked=1</script></svg>",
    "end of text": "]]></text><script>window.hacked=1</script>",
    "end of title": "</title></style></textarea><script>window.hacked=1</script>",
    "attribute": '" onmouseover="window.hacked=1" x="',
    "single quotes": "' autofocus onfocus='window.hacked=1",
    "address": "javascript:window.hacked=1",
    "template": "{{ 7*7 }}{% for x in ().__class__.__mro__ %}",
    "markdown": "[click](javascript:window.hacked=1)",
    "entity": "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "iframe": "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
}
RULE_TASK = '<bpmn:businessRuleTask id="decide_interview" name="Decide on the interview">'
FIELDS = {
    "name of a task": (BPMN, 'name="Work through the notification"', 'name="{}"'),
    "name of a flow": (BPMN, 'name="yes"', 'name="{}"'),
    "name of a lane": (BPMN, 'name="Children Missing Officer"', 'name="{}"'),
    "name of the pool": (BPMN, 'name="Small Council"', 'name="{}"'),
    "documentation": (
        BPMN,
        RULE_TASK,
        RULE_TASK + "<bpmn:documentation>{}</bpmn:documentation>",
    ),
    "name of a decision": (DMN, 'name="Is a return interview required?"', 'name="{}"'),
    "label of an input": (DMN, 'label="Vulnerable"', 'label="{}"'),
    "words of a rule": (DMN, "A vulnerable child is interviewed", "{} A vulnerable child is interviewed"),
    "title of the procedure": (PROCEDURE, "title: A small written procedure", "title: |-\n  {}"),
    "title of a role": (PROCEDURE, "label: Children Missing Officer", "label: {yaml}"),
    "title of a process": (PROCEDURE, "title: A child is reported missing", "title: {yaml}"),
    "words of a clause": (
        REGISTER,
        "The officer works through each notification on the day it arrives.",
        "{yaml}",
    ),
    "title of a form": (FORM, '"Hold the return interview"', "{json}"),
    "title of a question": (FORM, '"Did the child agree to talk?"', "{json}"),
    "subject of a notice": (NOTICE, "subject: A case needs your attention", "subject: {yaml}"),
}


def filled(path: str, new: str, text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    if path in {BPMN, DMN}:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return new.replace("{yaml}", quoted).replace("{json}", quoted).replace("{}", text)


def cases(traps: Traps) -> Iterator[Case]:
    for field, (path, old, new) in FIELDS.items():
        for name, text in PAYLOADS.items():
            way = PACK if path in {NOTICE, FORM} and "{" in text else TEXT
            yield Case(f"words/{field}/{name}", way, partial(replaced, path, old, filled(path, new, text)))
