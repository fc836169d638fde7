"""Without a mouse: all is reached, seen and named, Escape gets out, the focus is never lost."""

import re

from persistentai_lab.client import Client, find_address
from tests.browser.book import until_ready
from tests.browser.test_people import PREPARE, write

STOPS = 60
"""More than any view has: whoever is still inside after so many is trapped."""
FOCUSED = """
() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const label = at.getAttribute('aria-label') || at.labels?.[0]?.innerText;
  const named = label || at.innerText || at.title;
  const isOutlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return {
    place: at.closest('.pai-SidePanel')?.id ?? (at.closest('.pai-root') && 'cell'),
    html: at.outerHTML.slice(0, 120),
    name: (named || '').trim(),
    isSeen: isOutlined && at.checkVisibility()
  };
}
"""
RUNS, MEMORY = "#persistentai-runs", "#persistentai-memory"


def focused(page):
    return page.evaluate(FOCUSED)


def through(page) -> list[str]:
    """Go by Tab through what has the focus until it is left; the names of all stops."""
    place, names = focused(page)["place"], []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        stop = focused(page)
        if stop["place"] != place:
            return names
        assert stop["isSeen"], f"the focus can't be seen: {stop}"
        assert stop["name"], f"a control has no name: {stop}"
        names.append(stop["name"])
    raise AssertionError(f"no way out of {place}: {names}")


def tab_to(page, name: str, key: str = "Tab"):
    """Go on until the focus is on what is called so."""
    for _ in range(STOPS):
        page.keyboard.press(key)
        if re.search(name, focused(page)["name"]):
            return
    raise AssertionError(f"{name} is not reached")


def palette(page, command: str) -> None:
    page.keyboard.press("Control+Shift+c")
    page.locator("#modal-command-palette input:focus").fill(command)
    page.locator("#modal-command-palette .lm-mod-active", has_text=command).wait_for()
    page.keyboard.press("Enter")


def until_focused(page, selector: str) -> None:
    page.wait_for_function("it => document.activeElement.matches(it)", arg=selector)


def test_a_run_is_led_from_the_keyboard_in_its_cell_and_in_the_panel(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    book = write(lab, "keyboard.ipynb", PREPARE, "run = pay_invoices.run()\nrun")
    lab.command(page, "docmanager:open", {"path": book.name})
    until_ready(page)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+Enter")
    card = page.locator(".pai-CellFlow .pai-Question")
    card.locator("textarea").wait_for()
    cells = page.locator(".jp-Notebook-cell").count()

    # From the cell into the graph: what is focused gets its keys, the notebook doesn't.
    page.keyboard.press("Escape")
    tab_to(page, "^Invoice, Done")
    for key in ("d", "d", "b", "x", "ArrowRight"):
        page.keyboard.press(key)
    until_focused(page, "[data-node=note]")
    assert page.locator(".jp-Notebook-cell").count() == cells
    page.keyboard.press("Enter")
    until_focused(page, ".pai-Inspector")
    assert "Close" in through(page)
    tab_to(page, "^Close", "Shift+Tab")
    page.keyboard.press("Escape")
    until_focused(page, "[data-node=note]")
    page.keyboard.press("Escape")
    until_focused(page, ".jp-Cell.jp-mod-active")

    # To the panel and its question, an answer, and an approval with another amount.
    palette(page, "Show PersistentAI Runs")
    page.locator(f"{RUNS} .pai-Waiting button", has_text="the note say").wait_for()
    tab_to(page, "the note say")
    page.keyboard.press("Enter")
    page.locator(f"{RUNS} .pai-Question textarea").wait_for()
    tab_to(page, "^Answer to note")
    page.keyboard.type("For Friday.")
    page.keyboard.press("Control+Enter")
    page.locator(f"{RUNS} .pai-Question", has_text="Pay this invoice").wait_for()
    until_focused(page, f"{RUNS} *")
    tab_to(page, "^Edit")
    page.keyboard.press("Enter")
    until_focused(page, f"{RUNS} input")
    page.keyboard.press("Escape")
    assert focused(page)["name"] == "Edit…"
    page.keyboard.press("Enter")
    until_focused(page, f"{RUNS} input")
    tab_to(page, "^amount")
    page.keyboard.type("120")
    tab_to(page, "^Approve with 1 change")
    page.keyboard.press("Enter")
    page.locator(f"{RUNS} .pai-Facts", has_text="Done").wait_for()
    until_focused(page, f"{RUNS} *")

    # Out again: to its row, and to the notebook.
    page.keyboard.press("Escape")
    until_focused(page, ".pai-RunRow")
    assert "pay_invoices" in focused(page)["name"]
    lab.wear(page, "dark")
    tab_to(page, "^pay_invoices", "Shift+Tab")
    through(page)
    palette(page, "Show PersistentAI Runs")
    until_focused(page, f"{RUNS} *")
    page.keyboard.press("Escape")
    until_focused(page, ".jp-Cell.jp-mod-active")


def row(page) -> str:
    """The row of the tree that the keys move."""
    return page.evaluate(
        """it => {
          const tree = document.querySelector(it);
          return document.getElementById(tree.getAttribute('aria-activedescendant')).innerText;
        }""",
        f"{MEMORY} [role=tree]",
    )


def down_to(page, name: str) -> None:
    for _ in range(STOPS):
        if name in row(page):
            return
        page.keyboard.press("ArrowDown")
        page.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError(f"no row {name}, the last is {row(page)!r}")


def test_memory_is_looked_through_and_brought_back_from_the_keyboard(browser, lab_with_runtime):
    lab = lab_with_runtime
    with Client(find_address(lab.env)) as client:
        files = client.memory.files
        files.write("by-hand/plan.md", "Buy tea.\n", message="first thoughts")
        files.write("by-hand/plan.md", "Buy coffee.\n", message="on second")
        page = lab.open(browser)
        palette(page, "Show PersistentAI Memory")
        page.locator(f"{MEMORY} [role=treeitem]", has_text="Files").wait_for()

        # Down the tree, into a file, and back to its row.
        tab_to(page, "^Memory$")
        page.keyboard.press("Home")
        down_to(page, "Files")
        page.keyboard.press("ArrowRight")
        page.locator(f"{MEMORY} [role=treeitem]", has_text="by-hand").wait_for()
        down_to(page, "by-hand")
        page.keyboard.press("ArrowRight")
        page.locator(f"{MEMORY} [role=treeitem]", has_text="plan.md").wait_for()
        down_to(page, "plan.md")
        page.keyboard.press("Enter")
        entry = page.locator(".jp-MainAreaWidget .pai-Entry")
        entry.get_by_text("Buy coffee.").wait_for()
        until_focused(page, ".jp-MainAreaWidget *")
        through(page)
        page.keyboard.press("Shift+Tab")

        # An older version: what it would change, not now, and yes.
        tab_to(page, "^first thoughts", "Shift+Tab")
        page.keyboard.press("Enter")
        tab_to(page, "^Restore this version", "Shift+Tab")
        page.keyboard.press("Enter")
        entry.get_by_role("button", name="Restore", exact=True).wait_for()
        page.keyboard.press("Escape")
        assert focused(page)["name"] == "Restore this version…"
        page.keyboard.press("Enter")
        entry.locator("td[data-side]").first.wait_for()
        assert focused(page)["name"] == "Restore"
        page.keyboard.press("Enter")
        entry.locator(".pai-Done").wait_for()
        assert files.read_text("by-hand/plan.md") == "Buy tea.\n"
        until_focused(page, ".pai-Entry *")
        page.keyboard.press("Escape")
        until_focused(page, f"{MEMORY} [role=tree]")
        assert "plan.md" in row(page)

        # To another moment, and what is found there; Escape gives up one after the other.
        tab_to(page, "^Moment that is shown", "Shift+Tab")
        page.keyboard.press("ArrowLeft")
        page.locator(f"{MEMORY} .pai-Past").wait_for()
        tab_to(page, "^Find in memory", "Shift+Tab")
        page.keyboard.type("plan.md")
        page.locator(f"{MEMORY} .pai-TreeRow", has_text="plan.md").wait_for()
        lab.wear(page, "dark")
        through(page)
        tab_to(page, "^Find in memory", "Shift+Tab")
        page.keyboard.press("Escape")
        page.locator(f"{MEMORY} [role=tree]").wait_for()
        page.keyboard.press("Escape")
        page.locator(f"{MEMORY} .pai-Past").wait_for(state="detached")
        until_focused(page, f"{MEMORY} *")
