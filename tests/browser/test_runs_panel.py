"""What a person sees in the Runs panel, state by state, in light and dark."""

import pytest


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_has_a_shape_and_a_word(browser, lab_with_double, scheme):
    page = lab_with_double.open(browser, scheme=scheme)
    lab_with_double.command(page, "persistentai:open-runs")
    page.wait_for_selector(".pai-RunRow")
    page.wait_for_timeout(300)
    lab_with_double.save(page, f"runs-{scheme}")
    page.locator(".pai-RunRow", has_text="penguin_report").first.click()
    page.wait_for_selector(".pai-Events li")
    page.wait_for_timeout(300)
    lab_with_double.save(page, f"run-{scheme}")
