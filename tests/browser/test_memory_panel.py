"""What is remembered, in its side panel: live, in the past, compared, brought back."""

import base64
import json
from io import StringIO

from persistentai_lab.client import Client, find_address
from persistentai_lab.memory.knowledge.model import Source
from tests.browser.test_runs_panel import assert_readable

PANEL = "#persistentai-memory"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxAADCBYYAwAgPgICsa0Z"
    "3gAAAABJRU5ErkJggg=="
)


def row(page, name: str):
    """A row of the tree by its name."""
    return page.locator(f"{PANEL} .pai-TreeRow:has(> .pai-TreeRow-name:text-is('{name}'))")


def fill(memory) -> None:
    """Something in each layer, as agents leave it."""
    for n in range(30):
        memory.feed.append("room/support", {"text": f"Message {n} of a customer", "n": n})
    memory.feed.append("session/2026-11-30", {"role": "agent", "content": "I looked it up."})
    table = StringIO()
    table.write("species,count,mass\n")
    for n in range(40):
        table.write(f"Adelie {n},{150 + n},{3700.5 + n}\n")
    memory.files.write("data/penguins.csv", table.getvalue())
    memory.files.write("data/pixel.png", PIXEL)
    cells = [
        {"cell_type": "markdown", "source": "# Report"},
        {"cell_type": "code", "source": ["1 + 1"], "execution_count": 1, "outputs": [
            {"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}}]},
    ]  # fmt: skip
    memory.files.write("report.ipynb", json.dumps({"cells": cells, "nbformat": 4}))
    memory.records.put("settings/theme", "dark")
    memory.records.put_document("people", "ada", {"name": "Ada", "drinks": "coffee"})
    memory.records.put_document("people", "ada", {"name": "Ada", "drinks": "tea"})
    memory.knowledge.remember("Ada prefers tea to coffee.", thread="room/support")
    memory.knowledge.add_fact("Ada", "lives_in", "Paris")
    memory.knowledge.add_fact(
        "Ada", "lives_in", "Rome", replaces=True,
        source=Source(kind="file", ref="notes/today.md", place="line 3"),
    )  # fmt: skip


def test_memory_is_looked_through_while_it_is_written_and_brought_back(browser, fresh_lab):
    lab = fresh_lab
    page = lab.open(browser)
    lab.command(page, "persistentai:open-memory")
    page.wait_for_selector(f"{PANEL} .pai-Lessons >> text=pai.memory.feed.append")
    lab.save(page, "memory-empty-light")
    assert_readable(page)

    with Client(find_address(lab.env)) as client:
        files = client.memory.files
        files.write("notes/today.md", "# Today\n\nBuy tea.\nCall Ada.\n", message="first thoughts")
        row(page, "notes").wait_for()  # nobody pressed anything
        row(page, "notes").click()
        row(page, "today.md").click()
        tab = page.locator(".jp-MainAreaWidget .pai-Entry")
        tab.get_by_text("Buy tea.").wait_for()
        files.write("notes/today.md", "# Today\n\nBuy coffee.\nCall Ada.\n", message="on second")
        tab.get_by_text("Buy coffee.").wait_for()
        fill(client.memory)
        row(page, "data").wait_for()
        lab.save(page, "memory-files-light")
        assert_readable(page)

        tab.get_by_role("button", name="first thoughts").click()
        tab.get_by_text("Buy tea.").wait_for()
        tab.get_by_role("button", name="Restore this version…").click()
        tab.locator("td[data-side='new'], td[data-side='gone']").first.wait_for()
        lab.save(page, "memory-restore-light")
        assert_readable(page)
        tab.get_by_role("button", name="Restore", exact=True).click()
        tab.locator(".pai-Done").wait_for()
        assert "Buy tea." in files.read_text("notes/today.md")
        tab.get_by_role("button", name="Undo").click()
        tab.locator(".pai-Done").wait_for(state="detached")
        assert "Buy coffee." in files.read_text("notes/today.md")

        slider = page.get_by_role("slider", name="Moment that is shown")
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_selector(f"{PANEL} .pai-Past >> text=As of")
        row(page, "data").wait_for(state="detached")
        row(page, "today.md").wait_for()
        lab.save(page, "memory-past-light")
        assert_readable(page)
        page.get_by_role("button", name="Back to now").click()
        row(page, "data").wait_for()

        page.get_by_label("Find in memory").fill("Rome")
        page.locator(f"{PANEL} .pai-TreeRow", has_text="Rome").click()
        entry = page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden) .pai-Entry")
        entry.get_by_role("button", name="notes/today.md, line 3").click()
        front = ".jp-MainAreaWidget:not(.lm-mod-hidden) .pai-Entry h2"
        page.locator(front, has_text="notes/today.md").wait_for()
        page.get_by_label("Find in memory").fill("")

        # Each layer, as it looks.
        row(page, "Records").click()
        row(page, "Knowledge").click()
        row(page, "Facts").click()
        row(page, "room").click()
        row(page, "support").locator(".pai-TreeRow-arrow").click()
        page.locator(f"{PANEL} .pai-TreeRow", has_text="Message 29").wait_for()
        lab.wear(page, "dark")
        lab.save(page, "memory-tree-dark")
        assert_readable(page)
        for name, shown in (("data", "penguins.csv"), ("report.ipynb", "report.ipynb")):
            if name != shown:
                row(page, name).click()
            row(page, shown).click()
            page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden) .pai-Content").wait_for()
            lab.save(page, f"memory-{shown.partition('.')[0]}-dark")
            assert_readable(page)
