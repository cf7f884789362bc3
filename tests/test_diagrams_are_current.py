"""The drawings in bpmn-diagrams/ are those of the diagrams in processes/, to the byte."""

from __future__ import annotations

from pathlib import Path

from engine.pack.draw.export import drawings

HOUSE = Path(__file__).resolve().parents[1]


def test_no_drawing_is_stale_missing_or_left_over() -> None:
    found = list(drawings(HOUSE / "processes", HOUSE / "bpmn-diagrams"))
    stale = [str(drawing.path.relative_to(HOUSE)) for drawing in found if not drawing.is_current]
    assert stale == [], "run `homeward pack draw` and commit the drawings"
    assert found, "there is no diagram to draw"
