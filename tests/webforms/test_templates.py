"""Templates import what they use, and nothing else; every one of them compiles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

TEMPLATES = Path(__file__).parents[2] / "webforms" / "templates"
FILES = sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_uses_every_macro_it_imports(path: Path) -> None:
    text = path.read_text()
    imports = re.findall(r"{%-?\s*from\s+\"[^\"]+\"\s+import\s+([^%]+?)-?%}", text)
    body = re.sub(r"{%-?\s*from[^%]+%}", "", text)
    for name in (name.strip() for names in imports for name in names.split(",")):
        assert re.search(rf"\b{re.escape(name)}\b", body), f"{name} is imported and never used"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_compiles(app: Flask, path: Path) -> None:
    app.jinja_env.get_template(str(path.relative_to(TEMPLATES)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_holds_no_script_or_style_of_its_own(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "the content security policy would refuse it"
    assert not re.search(r"\bstyle=|<style|\bon[a-z]+=\"", text), (
        "the content security policy would refuse it"
    )
    assert "|safe" not in text.replace(" ", "") or path.name == "diagram.html", "values must be escaped"


def test_every_post_form_carries_its_token() -> None:
    for path in FILES:
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", path.read_text(), re.DOTALL):
            sealed = "url_for('resend.again')" in form
            assert sealed or re.search(r"csrf|act_fields", form), f"a form of {path.name} would be refused"
