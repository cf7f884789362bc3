"""How large each shape is and how much room its label asks for.

Tasks are wider than a modeller's 100 pixels, because the names of duties run to eight words and must stay readable in
print.
"""

from __future__ import annotations

from engine.pack.draw.graph import Edge, Node
from engine.pack.draw.text import LINE_HEIGHT, block, wrap

EVENT = 36.0
GATEWAY = 50.0
TASK_WIDTH, TASK_HEIGHT = 120.0, 80.0
TASK_PADDING = 8.0
ICON_ROOM = 24.0  # the corner icon of a task; text keeps below it when it fills the box

EVENT_LABEL = 100.0
BOUNDARY_LABEL = 96.0
GATEWAY_LABEL = 116.0
FLOW_LABEL = 92.0
DATA_LABEL = 100.0
ANNOTATION_WIDTH = 160.0
LABEL_GAP = 5.0
CAPTION_SIZE, CAPTION_HEIGHT = 10.5, 14.0

HEADER = 30.0  # the strip with the name of a pool or lane
BLACK_BOX = 60.0
SUBPROCESS_TITLE = 26.0


def caption_role(node: Node) -> str | None:
    """Give the role that a task names instead of its lane's, for the drawing to tell; not one worked out by FEEL."""
    role = node.properties.get("role", "").strip()
    return role if node.is_task and role and not role.startswith("=") else None


def task_text_width() -> float:
    """Give the room for text across a task, in pixels."""
    return TASK_WIDTH - 2 * TASK_PADDING


def node_size(node: Node) -> tuple[float, float]:
    """Give the width and height of a node's shape; an expanded subprocess takes its size from what it holds."""
    if node.is_event:
        return EVENT, EVENT
    if node.is_gateway:
        return GATEWAY, GATEWAY
    if node.kind == "dataObjectReference":
        return 36.0, 50.0
    if node.kind == "dataStoreReference":
        return 50.0, 50.0
    if node.kind == "textAnnotation":
        wide, high, _ = block(node.name, ANNOTATION_WIDTH - 16)
        return max(84.0, min(ANNOTATION_WIDTH, wide + 16)), max(30.0, high + 10)
    lines = len(wrap(node.name, task_text_width()))
    room = lines * LINE_HEIGHT + (2 * ICON_ROOM if lines <= 3 else ICON_ROOM + TASK_PADDING)
    if node.kind == "callActivity":
        room = max(room, lines * LINE_HEIGHT + ICON_ROOM + 2 * TASK_PADDING)
    if caption_role(node):
        room += CAPTION_HEIGHT
    if node.carries:
        room = max(
            room,
            (CAPTION_HEIGHT if caption_role(node) else 0) + lines * LINE_HEIGHT + ICON_ROOM + EVENT / 2 + 2,
        )
    return TASK_WIDTH, max(TASK_HEIGHT, float(-(-int(room) // 10) * 10))


def label_size(item: Node | Edge) -> tuple[float, float] | None:
    """Give the width and height of the label outside a shape or beside a flow; None where there is none."""
    if not item.name:
        return None
    if isinstance(item, Edge):
        limit = FLOW_LABEL
    elif item.host is not None:
        limit = BOUNDARY_LABEL
    elif item.is_event:
        limit = EVENT_LABEL
    elif item.is_gateway:
        limit = GATEWAY_LABEL
    elif item.kind in ("dataObjectReference", "dataStoreReference"):
        limit = DATA_LABEL
    else:
        return None
    wide, high, _ = block(item.name, limit)
    return wide, high
