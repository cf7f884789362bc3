"""The desk of quality assurance: the register and how each clause stands, findings, sign-off, comparison and audits."""

from webforms.quality import (  # noqa: F401 (each adds its pages to the blueprint)
    audits,
    comparison,
    diagrams,
    findings,
    overview,
    register,
    signing,
    stories,
    text,
)
from webforms.quality.desk import blueprint

__all__ = ["blueprint"]
