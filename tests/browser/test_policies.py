"""What goes on around a body is told in its node's drawer, in words; a used-up budget asks."""

from tests.browser.test_flow_cell import HEAD, IMPORT, OUTPUT, open_book, run_cells, write

FLOW = """
@pai.block(effect="read")
def ask(question: str, *, ctx: pai.Context) -> str:
    ctx.spend(tokens=120, money=0.0125, currency="EUR")
    return question


@pai.flow(budget={"tokens": 100})
def answers(question: str = "Why?") -> str:
    return ask.with_(id="again", cache="1h")(ask.with_(id="first", rate="10/min")(question))
"""


def test_a_drawer_tells_policies_and_costs_and_a_used_up_budget_asks(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    open_book(lab, page, write(lab, "policies.ipynb", f"{IMPORT}\n{FLOW}", "answers.run()"))
    run_cells(lab, page, 2)
    page.locator(HEAD, has_text="1 of 2 steps").wait_for()
    page.locator(OUTPUT, has_text="120 of 100 tokens are used").first.wait_for()
    lab.save(page, "policies-asked")

    page.locator(f'{OUTPUT} [data-node="first"]').focus()
    page.keyboard.press("Enter")

    drawer = page.locator(f"{OUTPUT} .pai-Inspector")
    drawer.locator("li", has_text="Starts 10 times in 1 minute at most").wait_for()
    drawer.locator("p", has_text="Spent 120 tokens, 0.0125 EUR").wait_for()
    lab.save(page, "policies-drawer")
    page.keyboard.press("Escape")
    field = page.locator(f"{OUTPUT} .pai-Strips input").first
    field.fill("500")
    page.keyboard.press("Enter")
    page.locator(HEAD, has_text="2 steps").wait_for()
    page.locator(HEAD, has_text="Done").wait_for()
