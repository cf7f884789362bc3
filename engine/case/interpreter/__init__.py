"""The wall round SpiffWorkflow: the only package that imports it.

SpiffWorkflow moves tokens and nothing more. Its specs are built from our own reading of the diagram rather than by its
XML parser, so that no expression of a diagram ever reaches Python's `eval`, branches run in the order of the file
rather than of the drawing, and every timer, message and condition waits until the case says that it has happened.
"""

from engine.case.interpreter.instance import Instance, Token, TokenState
from engine.case.interpreter.rewriting import Rewritten, Standing, Stuck, rewrite
from engine.case.interpreter.specs import Specs, build_specs, rebuild_specs

__all__ = [
    "Instance",
    "Rewritten",
    "Specs",
    "Standing",
    "Stuck",
    "Token",
    "TokenState",
    "build_specs",
    "rebuild_specs",
    "rewrite",
]
