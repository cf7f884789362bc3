from tests.journeys.people import Office, SERIOUS, AXE
from tests.webforms.test_figures import end_the_month


def test_look(office: Office) -> None:
    if not office.scripts:
        return
    task = end_the_month(office.site)
    p = office.person("missing-coordinator")
    for n, path in enumerate([f"/tasks/{task}", "/figures?from=2026-05-01&to=2026-05-31"]):
        page = p.open(path)
        page.screenshot(path=f"/tmp/fig{n}.png", full_page=True)
        page.add_script_tag  # CSP forbids
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ' ' + v.impact + ' ' + v.nodes.map(n => n.html).join('|').slice(0,200)))")
        print(path, found)
    page.set_viewport_size({"width": 380, "height": 800})
    page.screenshot(path="/tmp/fig2.png", full_page=True)
    print(page.evaluate("document.documentElement.scrollWidth"))
