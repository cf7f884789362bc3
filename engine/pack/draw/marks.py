"""The small signs of BPMN: what kind of task, event or gateway a shape is (BPMN 2.0, chapters 10 and 13).

Each is drawn around the origin with presentation attributes only, because pages forbid inline styles, and without ids,
because several drawings may stand in one page.
"""

from __future__ import annotations

INK = "#22242a"
PAPER = "#ffffff"


def _path(data: str, *, fill: str = "none", wide: float = 1.2, extra: str = "") -> str:
    return (
        f'<path d="{data}" fill="{fill}" stroke="{INK}" stroke-width="{wide:g}"'
        f' stroke-linejoin="round" stroke-linecap="round"{extra}/>'
    )


def _circle(radius: float, *, fill: str = "none", wide: float = 1.2) -> str:
    return f'<circle r="{radius:g}" fill="{fill}" stroke="{INK}" stroke-width="{wide:g}"/>'


def _envelope(half_wide: float, half_high: float, *, filled: bool) -> str:
    w, h = half_wide, half_high
    box = f"M{-w:g} {-h:g}H{w:g}V{h:g}H{-w:g}Z"
    flap = f"M{-w:g} {-h:g}L0 {h * 0.2:g}L{w:g} {-h:g}"
    if not filled:
        return _path(box, fill=PAPER) + _path(flap)
    ink = f'<path d="{box}" fill="{INK}" stroke="{INK}" stroke-width="1"/>'
    return ink + f'<path d="{flap}" fill="none" stroke="{PAPER}" stroke-width="1.3"/>'


def _clock() -> str:
    ticks = "".join(
        f"M{x1:g} {y1:g}L{x2:g} {y2:g}"
        for x1, y1, x2, y2 in (
            (0, -10, 0, -8),
            (5, -8.66, 4, -6.93),
            (8.66, -5, 6.93, -4),
            (10, 0, 8, 0),
            (8.66, 5, 6.93, 4),
            (5, 8.66, 4, 6.93),
            (0, 10, 0, 8),
            (-5, 8.66, -4, 6.93),
            (-8.66, 5, -6.93, 4),
            (-10, 0, -8, 0),
            (-8.66, -5, -6.93, -4),
            (-5, -8.66, -4, -6.93),
        )
    )
    return _circle(10, fill=PAPER) + _path(ticks, wide=1) + _path("M1.5 -6.5L0 0L5 1", wide=1.4)


_EVENT_PATHS = {
    "conditional": "M-6 -8H6V8H-6ZM-4 -5H4M-4 -1.7H4M-4 1.7H4M-4 5H4",
    "escalation": "M0 -9L6.5 8L0 1.5L-6.5 8Z",
    "error": "M-9 7.5L-4 -7L3 1.5L9 -8L4.5 7L-3 -1.5Z",
    "signal": "M0 -8.5L9 6.5H-9Z",
    "link": "M-9 -3H2V-7.5L10 0L2 7.5V3H-9Z",
    "compensate": "M-1 -6L-9 0L-1 6ZM8 -6L0 0L8 6Z",
    "cancel": "M-6 -8L0 -2L6 -8L8 -6L2 0L8 6L6 8L0 2L-6 8L-8 6L-2 0L-8 -6Z",
}


def event_mark(trigger: str | None, *, throws: bool) -> str:
    """Draw the sign inside an event; one that throws is filled."""
    if trigger is None:
        return ""
    if trigger == "message":
        return _envelope(9, 6.5, filled=throws)
    if trigger == "timer":
        return _clock()
    if trigger == "terminate":
        return _circle(10, fill=INK)
    path = _EVENT_PATHS.get(trigger, "")
    return _path(path, fill=INK if throws else PAPER) if path else ""


def gateway_mark(kind: str) -> str:
    """Draw the sign inside a gateway."""
    if kind == "exclusiveGateway":
        return _path("M-8 -8L8 8M8 -8L-8 8", wide=3.4)
    if kind == "parallelGateway":
        return _path("M-11 0H11M0 -11V11", wide=3.4)
    if kind == "inclusiveGateway":
        return _circle(11, wide=2.8)
    if kind == "eventBasedGateway":
        pentagon = _path("M0 -8L7.6 -2.5L4.7 6.5H-4.7L-7.6 -2.5Z")
        return _circle(14.5, wide=1) + _circle(12, wide=1) + pentagon
    return _path("M-11 0H11M0 -11V11M-7.5 -7.5L7.5 7.5M7.5 -7.5L-7.5 7.5", wide=2.6)


_HAND = (
    "M-8 1.5L-3 -5.5Q-1.5 -7 -0.5 -5.5L-2.5 -2.5H6.5Q8 -2.5 8 -1.2T6.5 0H2H7.3Q8.6 0 8.6 1.3T7.3 2.5H2H6.5"
    "Q7.7 2.5 7.7 3.7T6.5 4.9H2H5.2Q6.3 4.9 6.3 6T5.2 7H-5Q-8 7 -8 4.5Z"
)


def task_mark(kind: str) -> str:
    """Draw the sign in the corner of a task; call activities and plain tasks have none."""
    if kind == "userTask":
        shoulders = _path("M-8 8V4.5Q-8 1 -4 0H4Q8 1 8 4.5V8Z", fill=PAPER)
        sleeves = _path("M-4.5 8V5M4.5 8V5", wide=1)
        head = f'<circle cy="-4" r="4.2" fill="{PAPER}" stroke="{INK}" stroke-width="1.2"/>'
        hair = f'<path d="M-4.2 -4.3Q-3.6 -8.4 0 -8.4T4.2 -4.3Q1.5 -3.8 0 -5.6Q-1.5 -3.8 -4.2 -4.3Z" fill="{INK}"/>'
        return shoulders + sleeves + head + hair
    if kind == "manualTask":
        return _path(_HAND, fill=PAPER)
    if kind in ("sendTask", "receiveTask"):
        return _envelope(9, 6, filled=kind == "sendTask")
    if kind == "businessRuleTask":
        head = '<path d="M-9 -7H9V-3H-9Z" fill="#b1b4b6"/>'
        return head + _path("M-9 -7H9V7H-9ZM-9 -3H9M-9 2H9M-3.5 -3V7")
    if kind == "serviceTask":
        spokes = "M0 -8V8M-8 0H8M-5.7 -5.7L5.7 5.7M5.7 -5.7L-5.7 5.7"
        return _path(spokes, wide=2.4) + _circle(5.4, fill=PAPER, wide=1.6) + _circle(2)
    if kind == "scriptTask":
        return _path("M-5 -8H7Q3 -4 5 0T3 8H-8Q-4 4 -6 0T-5 -8ZM-3 -4H2M-3 0H2.5M-4 4H1", fill=PAPER)
    return ""


def plus_mark() -> str:
    """Draw the box with a plus that says a shape holds a process of its own."""
    return _path("M-7 -7H7V7H-7Z", fill=PAPER) + _path("M-4.5 0H4.5M0 -4.5V4.5")


def state_mark(state: str) -> str:
    """Draw the sign of a state, told apart by its shape as well as by its colour."""
    disc = f'<circle r="9" fill="{STATE_INK[state]}" stroke="{PAPER}" stroke-width="1.5"/>'
    return disc + _SIGNS[state]


_LINE = f'fill="none" stroke="{PAPER}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
_SIGNS = {
    "done": f'<path d="M-4.5 0L-1.3 3.4L4.5 -3.2" {_LINE}/>',
    "live": f'<path d="M-3 -4.6L4.8 0L-3 4.6Z" fill="{PAPER}"/>',
    "waiting": f'<path d="M-2.4 -4V4M2.4 -4V4" {_LINE}/>',
    "next": f'<path d="M-4 -3.8L-0.2 0L-4 3.8M0.6 -3.8L4.4 0L0.6 3.8" {_LINE}/>',
    "overdue": f'<path d="M0 -5V1" {_LINE}/><circle cy="4.6" r="1.4" fill="{PAPER}"/>',
    "failed": f'<path d="M-3.6 -3.6L3.6 3.6M3.6 -3.6L-3.6 3.6" {_LINE}/>',
    "marked": f'<path d="M0 -5L4.8 0L0 5L-4.8 0Z" fill="{PAPER}"/>',
    "tried": f'<circle r="3.4" fill="{PAPER}"/>',
    "untried": f'<circle r="4.4" {_LINE}/>',
    "broken": f'<path d="M1.5 -5.5L-2.5 0.2H2.5L-1.5 5.5" {_LINE}/>',
    "added": f'<path d="M-5 0H5M0 -5V5" {_LINE}/>',
    "changed": f'<path d="M-4.5 -2H4.5M-4.5 2H4.5M-2.5 4.8L2.5 -4.8" {_LINE}/>',
    "removed": f'<path d="M-5 0H5" {_LINE}/>',
    "moved": f'<path d="M-5.2 0H5.2M-2.8 -2.4L-5.2 0L-2.8 2.4M2.8 -2.4L5.2 0L2.8 2.4" {_LINE}/>',
}


# Each at least 4.5 to 1 on white (WCAG 2.2, 1.4.3); `paper` is the tint of the shape.
STATE_INK = {
    "done": "#00703c",
    "live": "#1d70b8",
    "waiting": "#5c3d8f",
    "next": "#505a5f",
    "overdue": "#aa2a16",
    "failed": "#aa2a16",
    "marked": "#1d70b8",
    "tried": "#00703c",
    "untried": "#594d00",
    "broken": "#aa2a16",
    "added": "#00703c",
    "changed": "#8a3d00",
    "removed": "#aa2a16",
    "moved": "#505a5f",
}
STATE_PAPER = {
    "done": "#e5f2ea",
    "live": "#fff4c2",
    "waiting": "#eee9f6",
    "next": "#f3f2f1",
    "overdue": "#fbe4e0",
    "failed": "#fbe4e0",
    "marked": "#fff4c2",
    "tried": "#e5f2ea",
    "untried": "#fff7bf",
    "broken": "#fbe4e0",
    "added": "#e5f2ea",
    "changed": "#fff1df",
    "removed": "#fbe4e0",
    "moved": "#f3f2f1",
}
STATE_WORD = {
    "done": "done",
    "live": "now here",
    "waiting": "waiting",
    "next": "next",
    "overdue": "overdue",
    "failed": "failed",
    "marked": "marked",
    "tried": "tried by stories",
    "untried": "no story came here",
    "broken": "breaks a check",
    "added": "added",
    "changed": "changed",
    "removed": "removed",
    "moved": "only moved",
}
STATE_STROKE: dict[str, tuple[float, str]] = {
    "done": (2.2, ""),
    "live": (4.0, ""),
    "waiting": (3.0, "7 4"),
    "next": (2.0, "2 3"),
    "overdue": (4.0, ""),
    "failed": (3.0, "10 3 2 3"),
    "marked": (4.0, ""),
    "tried": (2.2, ""),
    "untried": (3.0, "4 4"),
    "broken": (4.0, "12 4"),
    "added": (4.5, ""),
    "changed": (4.0, "14 4 3 4"),
    "removed": (3.5, "6 5"),
    "moved": (2.0, "2 3"),
}
