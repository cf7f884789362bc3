"""Every route declares who may open it, has a kebab-case address, and changes nothing when it is only read."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from webforms.access import Rule, holding, public, rule_of, signed_in

PUBLIC = {
    "signin.front",
    "signin.page",
    "signin.enter",
    "demonstration.people",
    "provider.start",
    "provider.back",
    "resend.again",
    "help.page",
    "help.accessibility",
    "help.alive",
    "calendar_feed.show",
    "outside.answer",
    "understanding.understood",
}
"""The only pages for people who have not signed in; a page about a child is never among them."""

ADMINISTRATORS = {"admin"}


def test_every_route_declares_who_may_open_it(app: Flask) -> None:
    silent = [name for name, view in app.view_functions.items() if name != "static" and rule_of(view) is None]
    assert not silent, f"put @public, @signed_in or @holding(…) from webforms.access on: {', '.join(silent)}"


def test_only_the_pages_listed_here_are_public(app: Flask) -> None:
    public_ones = {
        name for name, view in app.view_functions.items() if (rule := rule_of(view)) and rule.public
    }
    assert public_ones == PUBLIC


def test_the_administrators_pages_ask_for_a_role(app: Flask) -> None:
    for name, view in app.view_functions.items():
        if name.split(".")[0] in ADMINISTRATORS:
            rule = rule_of(view)
            assert rule is not None and rule.roles, f"{name} is open to everybody who has signed in"


def test_a_route_without_a_rule_opens_for_nobody(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = app.test_client().get("/forgotten")
    assert answer.status_code == 500
    assert b"secret" not in answer.data


def test_addresses_are_in_kebab_case(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        fixed = re.sub(r"<[^>]+>", "x", rule.rule)
        assert re.fullmatch(r"/|(?:/[a-z0-9]+(?:-[a-z0-9]+)*)+", fixed), rule.rule


def test_a_rule_admits_those_it_names() -> None:
    assert public(lambda: 0).access_rule.admits(None)
    assert not signed_in(lambda: 0).access_rule.admits(None)
    assert signed_in(lambda: 0).access_rule.admits(frozenset())
    rule = holding("administrator")(lambda: 0).access_rule
    assert rule.admits(frozenset({"administrator", "social_worker"}))
    assert not rule.admits(frozenset({"social_worker"}))
    assert not rule.admits(None)
    with pytest.raises(ValueError, match="at least one role"):
        holding()
    assert rule_of(lambda: 0) is None
    assert isinstance(rule, Rule)
