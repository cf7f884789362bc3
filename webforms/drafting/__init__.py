"""Changing the procedure in the browser: drafts, their editors, what follows from a change, and publishing it."""

from webforms.drafting import (  # noqa: F401 (each adds its pages to the blueprint)
    checks,
    compare,
    diagrams,
    exchange,
    formquestions,
    forms,
    notices,
    overview,
    preview,
    publishing,
    register,
    reviewing,
    saves,
    tables,
    tryit,
    words,
)
from webforms.drafting.desk import blueprint

__all__ = ["blueprint"]
