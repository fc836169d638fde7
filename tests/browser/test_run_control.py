"""A run is held, looked into, changed and let go by hand: with the keyboard, in both themes."""

from tests.browser.test_flow_cell import HEAD, IMPORT, OUTPUT, open_book, run_cells, write

FLOW = """
@pai.flow
def sums(n: float = 1) -> float:
    one = numbers.add(left=n, right=1)
    two = numbers.add(left=one, right=10)
    return numbers.add(left=two, right=100)
"""


def press(page, name: str) -> None:
    """Reach a button of the run's head with the keyboard alone."""
    button = page.locator(f"{HEAD} button:not([aria-disabled])", has_text=name)
    button.wait_for()
    button.focus()
    page.keyboard.press("Enter")


def steps(page, count: int):
    return page.locator(HEAD, has_text=f"{count} of 3 steps")


def test_a_run_is_stepped_halted_changed_and_let_go(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    imports = f"{IMPORT}\nfrom persistentai_lab.blocks import numbers\n{FLOW}"
    open_book(lab, page, write(lab, "held.ipynb", imports, "sums.run(paused=True)"))
    run_cells(lab, page, 2)
    paused = page.locator(HEAD, has_text="Paused")
    paused.wait_for()

    press(page, "Step")
    steps(page, 1).wait_for()
    paused.wait_for()
    page.locator(f"{OUTPUT} [data-node]").last.focus()
    page.keyboard.press("Enter")
    drawer = page.locator(f"{OUTPUT} .pai-Inspector")
    toggle = drawer.get_by_label("Pause before this node")
    toggle.focus()
    page.keyboard.press("Space")
    page.locator(f"{OUTPUT} .pai-BreakpointBadge").wait_for()
    drawer.get_by_label("Condition over the inputs").fill("left > 3 and")
    page.keyboard.press("Enter")
    drawer.locator("[role=alert]", has_text="no condition").wait_for()
    drawer.get_by_label("Condition over the inputs").fill("left > 3")
    page.keyboard.press("Enter")
    page.locator(f"{OUTPUT} .pai-BreakpointBadge svg[data-when]").wait_for()
    lab.save_in_both(page, "control-breakpoint")
    press(page, "Resume")

    page.locator(f"{OUTPUT} .pai-Paused", has_text="halts before").wait_for()
    steps(page, 2).wait_for()
    page.keyboard.press("Escape")
    second = page.locator(f"{OUTPUT} [data-node][data-state=completed]").last
    second.focus()
    page.keyboard.press("Enter")
    drawer.locator("button", has_text="Change…").click()
    drawer.locator("textarea").fill("5")
    lab.save_in_both(page, "control-change")
    drawer.locator("button", has_text="Use it").click()
    drawer.locator("small", has_text="Changed by").wait_for()
    press(page, "Resume")

    page.locator(HEAD, has_text="Done").wait_for()
    lab.save_in_both(page, "control-done")
    page.locator(OUTPUT).get_by_text("105", exact=True).first.wait_for()
    assert page.locator(f"{OUTPUT} .pai-RunControl").count() == 0


NESTED = """
@pai.flow
def plus(n: float) -> float:
    return numbers.add(n, 1)


@pai.flow
def all_of_them(ns: list[float] = [1, 5]) -> list[float]:
    return pai.each(ns, lambda n: numbers.round(plus.with_(retry=2)(n)), at_once=1)
"""


def test_a_run_halts_before_nodes_inside_control_nodes(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    imports = f"{IMPORT}\nfrom persistentai_lab.blocks import numbers\n{NESTED}"
    open_book(lab, page, write(lab, "held_inside.ipynb", imports, "all_of_them.run(paused=True)"))
    run_cells(lab, page, 2)
    page.locator(HEAD, has_text="Paused").wait_for()

    inner = page.locator(f'{OUTPUT} [data-node="each"] .pai-Card-inner')
    last = inner.filter(has_text="round")
    last.click()
    last.locator("svg").wait_for()
    lab.save_in_both(page, "inside-set")
    last.click()
    last.locator("svg").wait_for(state="detached")

    page.locator(f'{OUTPUT} [data-node="each"]').focus()
    page.keyboard.press("Enter")
    drawer = page.locator(f"{OUTPUT} .pai-Inspector")
    toggle = drawer.get_by_label("Pause before plus/body/add")
    toggle.focus()
    page.keyboard.press("Space")
    condition = drawer.get_by_label("Condition over the inputs of each/*/plus/body/add")
    condition.fill("left > 3")
    page.keyboard.press("Enter")
    inner.filter(has_text="plus").locator("svg[data-when]").wait_for()
    lab.save_in_both(page, "inside-drawer")
    press(page, "Resume")

    paused = page.locator(f"{OUTPUT} .pai-Paused", has_text="halts before each/1/plus/body/add")
    paused.locator("code", has_text="left > 3").wait_for()
    page.locator(f'{OUTPUT} [data-node="each"][data-held]').wait_for()
    inner.filter(has_text="plus").and_(page.locator("[data-held]")).wait_for()
    page.locator(f'{OUTPUT} [data-node="each"][data-state="paused"]').wait_for()
    page.locator(f'{OUTPUT} [data-node="each"]', has_text="1 paused").wait_for()
    lab.save_in_both(page, "inside-held")
    # A press within half a second is taken for the second of a double click.
    toggle.and_(page.locator(":not([aria-disabled])")).wait_for()
    toggle.focus()
    page.keyboard.press("Space")
    condition.wait_for(state="detached")
    press(page, "Resume")
    page.locator(HEAD, has_text="Done").wait_for()
    assert page.locator(f"{OUTPUT} .pai-Card-inner").count() == 0, "nothing is left to pause"
    lab.save_in_both(page, "inside-done")
