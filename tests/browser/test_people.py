"""A person is asked in a cell: sees what exactly will happen, changes it, says no, is too late."""

import nbformat

from tests.browser.book import head, until_ready
from tests.browser.test_runs_panel import assert_readable

PREPARE = """
import persistentai_lab as pai

@pai.block(effect="write")
def pay(to: str, amount: int, note: str = "") -> str:
    "Pay an invoice."
    return f"{to}: {amount} {note}"

@pai.block
def invoice(number: int) -> list[dict]:
    return [{"item": "fish", "kg": 12, "price": 80}, {"item": "ice", "kg": 40, "price": 40}]

@pai.flow
def pay_invoices(number: int = 7) -> dict:
    lines = invoice(number)
    note = pai.ask_human("What shall the note say?", lines, id="note")
    paid = pay.needs_approval(by=USER, text="Pay this invoice?", expires="3d")("Ada", 1200, note)
    return {"paid": paid}

@pai.flow
def pay_soon() -> str:
    return pay.needs_approval(text="Pay at once?", expires="1s")("Ada", 5)
"""
OUTPUT = ".jp-Notebook .jp-OutputArea-output"
CARD = f"{OUTPUT} .pai-Question"


def write(lab, name, *cells):
    import getpass

    path = lab.root / name
    cells = [cell.replace("USER", repr(getpass.getuser())) for cell in cells]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)
    return path


def test_a_person_decides_in_a_cell(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    book = write(lab, "people.ipynb", PREPARE, "run = pay_invoices.run()\nrun", "1")
    lab.command(page, "docmanager:open", {"path": book.name})
    until_ready(page)
    for _ in range(2):
        lab.command(page, "notebook:run-cell-and-select-next")

    page.wait_for_selector(f"{CARD} textarea")
    lab.save_in_both(page, "people-question", assert_readable)
    page.locator(CARD, has_text="fish").wait_for()  # what it is about
    page.locator(f"{CARD} textarea").fill("For Friday.")
    page.locator(f"{CARD} button", has_text="Answer").click()

    page.wait_for_selector(f"{CARD} >> text=Pay this invoice?")
    lab.save_in_both(page, "people-approval", assert_readable)
    for told in ("1200", "For Friday.", "Ada", "Expires in", "rejected"):
        page.locator(CARD, has_text=told).wait_for()

    page.locator(f"{CARD} button", has_text="Edit").click()
    amount = page.locator(f"{CARD} input[aria-label='amount of pay']")
    amount.fill("a lot")
    amount.press("Enter")
    page.wait_for_selector(f"{CARD} [role=alert]")
    amount.fill("120")
    amount.press("Enter")
    page.wait_for_selector(f"{CARD} [data-edited]")
    lab.save_in_both(page, "people-edit", assert_readable)
    page.locator(f"{CARD} button", has_text="Approve with 1 change").click()

    head(page, "Done").first.wait_for()
    lab.command(page, "persistentai:open-runs")
    page.locator(".pai-RunRow", has_text="pay_invoices").first.click()
    said = page.locator(".pai-Panel .pai-Answered")
    said.filter(has_text="answered “For Friday.”").wait_for()
    approved = said.filter(has_text="approved with changes")
    for amount in ("1200", "120"):  # what was asked, and what was said
        approved.get_by_text(amount, exact=True).first.wait_for()
    lab.save_in_both(page, "people-answered", assert_readable)


def test_a_person_says_no_in_the_panel_or_is_too_late(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    book = write(
        lab,
        "people-no.ipynb",
        PREPARE.replace('expires="1s"', 'expires="9d"'),
        "no = pay_soon.run()\nno",
        PREPARE,
        "late = pay_soon.run()\nlate",
        "1",
    )
    lab.command(page, "docmanager:open", {"path": book.name})
    until_ready(page)
    for _ in range(2):
        lab.command(page, "notebook:run-cell-and-select-next")
    page.wait_for_selector(f"{CARD} >> text=Pay at once?")
    lab.command(page, "persistentai:open-runs")
    page.wait_for_selector(".pai-Waiting button")
    lab.save_in_both(page, "people-panel", assert_readable)

    page.locator(".pai-Waiting button", has_text="Pay at once?").first.click()
    page.locator(".pai-Panel .pai-Question button", has_text="Reject").click()
    refuse = page.locator(".pai-Panel .pai-Question button.pai-danger")
    assert refuse.is_disabled(), "a rejection needs a reason"
    page.locator(".pai-Panel .pai-Question textarea").fill("Not this month.")
    lab.save_in_both(page, "people-reject", assert_readable)
    refuse.click()

    said = page.locator(".pai-Panel .pai-Answered", has_text="rejected")
    said.filter(has_text="Not this month.").wait_for()
    head(page, "Failed").first.wait_for()
    lab.save_in_both(page, "people-rejected", assert_readable)

    for _ in range(2):
        lab.command(page, "notebook:run-cell-and-select-next")
    page.wait_for_selector(f"{OUTPUT} >> text=Nobody approved this step in time")
    lab.save_in_both(page, "people-expired")
