"""Every page about changing the procedure, with something on it: it shows, changes nothing, asks little, names no id."""

from __future__ import annotations

from tests.webforms.changing import FILES, addresses, demonstrations, whose
from tests.webforms.site import Site
from tests.webforms.test_pages import MOST_STATEMENTS, NOTHING_THERE, PEOPLE, ids_on, statements, writes

__all__ = ["demonstrations"]


def test_every_page_about_a_change_shows_something_and_changes_nothing(site: Site) -> None:
    pages = addresses(site)
    assert pages.keys() == {name for name in NOTHING_THERE if name.startswith(("drafting.", "migrations."))}
    people = {name: site.client(name) for name in PEOPLE}
    troubles = []
    for endpoint, path in pages.items():
        visitor = people[whose(site, endpoint)]
        visitor.get(path)  # the first reading may fill caches
        with statements(site) as sent:
            answer = visitor.get(path)
        if answer.status_code != 200:
            troubles.append(f"{path} answers {answer.status_code}")
        if changed := writes(sent):
            troubles.append(f"{path} writes: {changed[0][:100]}")
        if endpoint not in FILES and (ids := ids_on(answer.text)):
            troubles.append(f"{path} names {', '.join(ids)}")
        if len(sent) > MOST_STATEMENTS:
            troubles.append(f"{path} sends {len(sent)} statements")
    assert not troubles, "\n".join(troubles)
