"""Verification: stories told to a procedure until each clause check holds, breaks, or is seen never to arise."""

from engine.check.verify.playing import Result, play_story
from engine.check.verify.stories import Story
from engine.check.verify.verdicts import faulty, suite, verify

__all__ = ["Result", "Story", "faulty", "play_story", "suite", "verify"]
