"""Diagrams for people: lay out a BPMN file, draw it as SVG, and say what is wrong with its picture."""

from engine.pack.draw.svg import STATES, draw
from engine.pack.draw.tidy import tidy

__all__ = ["STATES", "draw", "tidy"]
