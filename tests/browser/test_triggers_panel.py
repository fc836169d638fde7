"""What starts runs by itself, in its side panel: made, watched, tried, mended, dropped."""

import re
import subprocess
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.browser.test_runs_panel import assert_readable

PANEL = "#persistentai-triggers"


def in_six_hours() -> datetime:
    """In New York: a schedule of the test must not fire while it is looked at."""
    return datetime.now(ZoneInfo("America/New_York")) + timedelta(hours=6)


def make_schedule(page) -> None:
    """With the keyboard's own controls: labels say which."""
    page.locator(f"{PANEL} button", has_text="New schedule").click()
    page.get_by_label("When").select_option("cron")
    page.get_by_label("Cron").fill("0 0 30 2 *")
    page.wait_for_selector(f"{PANEL} .pai-NextTimes >> text=never comes")
    page.get_by_label("When").select_option("week")
    page.get_by_role("button", name="Thursday").press("Enter")
    page.get_by_label("Clock of").fill("America/New_York")
    page.wait_for_selector(f"{PANEL} .pai-NextTimes >> text=only on Monday and Thursday")
    page.get_by_label("At", exact=True).fill(f"{in_six_hours():%H:%M}")
    page.locator(f"{PANEL} .pai-Times li").nth(4).wait_for()
    page.get_by_label("seconds").fill("soon")
    page.get_by_label("seconds").press("Tab")
    page.wait_for_selector(f"{PANEL} [role=alert] >> text=not a number")
    page.get_by_label("seconds").fill("0")


def test_schedules_and_webhooks_are_looked_after(browser, lab_with_runtime):
    lab = lab_with_runtime
    page = lab.open(browser)
    lab.command(page, "persistentai:open-triggers")
    page.wait_for_selector(f"{PANEL} .pai-Notice >> text=No schedules yet")
    lab.save(page, "triggers-empty-light")
    lab.cli("run", "persistentai_lab.examples.penguins:report", "-i", "seconds=0")

    make_schedule(page)
    lab.save(page, "triggers-new-light")
    assert_readable(page)
    page.get_by_label("seconds").press("Enter")
    page.locator(f"{PANEL} button", has_text="Run now").dblclick()
    page.wait_for_selector(f"{PANEL} .pai-Trigger-run [data-state=completed]")
    lab.save(page, "triggers-schedule-light")
    assert_readable(page)
    page.locator(f"{PANEL} button", has_text="Pause").click()
    page.wait_for_selector(f"{PANEL} dd >> text=None while it is paused")
    assert page.locator(f"{PANEL} .pai-Trigger-run").count() == 1, "a double click is one run"
    page.locator(f"{PANEL} .pai-Trigger-run").click()
    page.wait_for_selector(f"{PANEL} .pai-Facts >> text=Done")
    page.keyboard.press("Escape")
    page.locator(f"{PANEL} button", has_text="Delete").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    row = page.locator(f"{PANEL} .pai-TriggerItem", has_text="report")
    row.filter(has_text="paused").wait_for()
    lab.save(page, "triggers-list-light")

    page.locator(f"{PANEL} button", has_text="Webhooks").click()
    page.locator(f"{PANEL} button", has_text="New webhook").click()
    page.get_by_label("Signed").select_option("standard")
    page.locator(f"{PANEL} button", has_text="Make webhook").click()
    page.wait_for_selector(f"{PANEL} .pai-Told >> text=not shown again")
    lab.save(page, "triggers-told-light")
    assert_readable(page)
    sent = page.get_by_label("Try it", exact=True).inner_text()
    forged = sent.replace("SECRET='whsec_", "SECRET='whsec_AAAA")
    for command, answer in ((sent, '"run_id"'), (forged, "signature_wrong")):
        assert (
            answer in subprocess.run(["bash", "-c", command], capture_output=True, text=True).stdout
        )
    deliveries = page.get_by_label("Last deliveries")
    refused = page.locator("small", has_text=re.compile(r"^403\b"))
    deliveries.locator("li", has=refused).wait_for()
    deliveries.locator("li", has_text="Started a run").wait_for()

    lab.wear(page, "dark")
    lab.save(page, "triggers-deliveries-dark")
    assert_readable(page)
    secret = page.get_by_label("Signing secret", exact=True).inner_text()
    page.locator(f"{PANEL} button", has_text="New secret").click()
    page.locator(f"{PANEL} .pai-Confirm button.pai-danger").click()
    told = f"document.querySelector('[aria-label=\"Signing secret\"]').innerText !== '{secret}'"
    page.wait_for_function(told)
    page.locator(f"{PANEL} .pai-RunHead .pai-Icon").click()
    page.wait_for_selector(f"{PANEL} .pai-TriggerItem >> text=Refused: ")
    page.locator(f"{PANEL} .pai-TriggerItem button").click()
    page.wait_for_selector(f"{PANEL} section >> text=is kept nowhere")
    assert secret not in page.locator(PANEL).inner_text()
    page.locator(f"{PANEL} button", has_text="Delete").click()
    page.locator(f"{PANEL} .pai-Confirm button.pai-danger").click()
    page.wait_for_selector(f"{PANEL} .pai-Notice >> text=No webhooks yet")
