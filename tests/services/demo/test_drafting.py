"""The change that a demonstration shows in work: one longer limit, with what quality assurance asks about it."""

from __future__ import annotations

import pytest

from engine.services.demo import drafting
from engine.services.drafting import drafts, remarks
from tests.webforms.site import Site, app, built_assets, demonstrations, site

__all__ = ["app", "built_assets", "demonstrations", "site"]


@pytest.fixture(params=["nottinghamshire", "camden"])
def council(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_demonstration_shows_a_change_in_work_once(site: Site) -> None:
    with site.session() as session:
        desk = site.desk(session)
        for _ in range(2):
            drafting.begin(desk)
        (row,) = drafts.listed(desk)
        view = drafts.view(desk, row.id)
        assert row.title == drafting.TITLE and len(view.changed) == 1
        assert not view.inspection.faults and view.hash != view.base.hash
        (asked,) = remarks.listed(desk, row.id)
        assert asked.path in view.changed
        pack = view.inspection.pack
        assert pack is not None
        assert any(asked.element in process.elements for process in pack.processes.values())
