"""Signing a version of the procedure off, by name, and taking that back."""

from __future__ import annotations

from flask import flash, render_template
from flask.typing import ResponseReturnValue

from engine.services.quality import signing
from webforms import db
from webforms.access import QUALITY_ASSURANCE
from webforms.formpage import Answers, form_page
from webforms.quality.desk import address, asked, assures, blueprint, reads, shown_version


@blueprint.get("/sign-off")
@reads
def sign_off() -> ResponseReturnValue:
    """Show whether the version is signed off, what stands in the way, and who signed what before."""
    desk = db.desk()
    version = shown_version()
    return render_template(
        "quality/sign-off.html",
        version=version,
        pack=version.pack,
        standing=signing.standing(desk, version),
        obstacles=signing.obstacles(version),
        cautions=signing.cautions(version),
        may_sign=QUALITY_ASSURANCE in desk.caller.roles,
    )


@blueprint.route("/sign-off/sign", methods=["GET", "POST"])
@assures
def sign() -> ResponseReturnValue:
    """Sign the version off."""
    desk = db.desk()
    version = shown_version()
    form = asked(
        "Sign this version off",
        {
            "stands": {
                "type": "array",
                "title": "Your name stands for it",
                "items": {"type": "string", "enum": ["yes"]},
                "x-labels": {"yes": f"I, {desk.caller.name}, stand for this version of the procedure"},
            },
            "note": {
                "type": "string",
                "title": "What you looked at, and what you accept",
                "maxLength": 4000,
                "x-widget": "textarea",
            },
        },
        [],
    )

    def act(answers: Answers, key: str) -> str:
        signing.sign(desk, version, answers.get("note", ""), stands_for_it="yes" in answers.get("stands", []))
        flash("This version is signed off, in your name.", "success")
        return address("sign_off")

    told = (*signing.obstacles(version), *signing.cautions(version))
    return form_page(
        form,
        act,
        caption=f"{version.pack.title}, edition {version.pack.edition}, version {version.pack.hash[:8]}",
        lead=" ".join(
            ("Your name, this moment and what the verification found are recorded for ever.", *told)
        ),
        button="Sign off",
        back=address("sign_off"),
    )


@blueprint.route("/sign-off/take-back", methods=["GET", "POST"])
@assures
def take_back() -> ResponseReturnValue:
    """Take the sign-off of the version back."""
    version = shown_version()
    form = asked(
        "Take the sign-off back",
        {"note": {"type": "string", "title": "Why", "maxLength": 2000, "x-widget": "textarea"}},
        ["note"],
    )

    def act(answers: Answers, key: str) -> str:
        signing.take_back(db.desk(), version, answers["note"])
        flash("The sign-off is taken back.", "success")
        return address("sign_off")

    return form_page(
        form,
        act,
        caption=f"{version.pack.title}, version {version.pack.hash[:8]}",
        lead="Both the sign-off and this stay on record.",
        button="Take it back",
        back=address("sign_off"),
    )
