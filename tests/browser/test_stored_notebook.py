"""A notebook from somebody else, opened before anything was run or trusted."""

import pytest

from tests.browser import gallery
from tests.runtime import until

IMAGES = ".jp-OutputArea-output img[src^='data:image/svg']"


@pytest.fixture(scope="module")
def lab_with_gallery(lab_with_double):
    gallery.write(lab_with_double.root / "gallery.ipynb")
    return lab_with_double


def open_gallery(lab, browser, scheme, *, height=6200):
    page = lab.open(browser, scheme=scheme)
    page.set_viewport_size({"width": 1200, "height": height})  # so that Lab draws all cells
    lab.command(page, "docmanager:open", {"path": "gallery.ipynb"})
    page.wait_for_selector(IMAGES)
    page.wait_for_function(
        """([css, n]) => {
          const all = [...document.querySelectorAll(css)];
          return all.length >= n && all.every(image => image.complete && image.naturalWidth);
        }""",
        arg=[IMAGES, 1 + len(gallery.STATES)],
    )
    return page


def test_every_picture_is_there_and_nothing_became_a_formula(browser, lab_with_gallery):
    page = open_gallery(lab_with_gallery, browser, "light")

    images = page.locator(IMAGES)
    widths = images.evaluate_all("all => all.map(image => image.naturalWidth)")
    lab_with_gallery.save_in_both(page, "stored-notebook")

    trusted = page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.widgets"
        ".filter(cell => cell.model.type === 'code').some(cell => cell.model.trusted)"
    )
    assert not trusted, "this must be shown without anybody's signature"
    assert all(width > 600 for width in widths)
    assert page.locator(".jp-OutputArea-output mjx-container").count() == 0
    assert page.locator(".jp-OutputArea-output", has_text="$x$").count() > 0
    assert "13 nodes" in images.first.get_attribute("alt")


def test_the_picture_wears_the_theme_of_lab_not_of_the_machine(browser, lab_with_gallery):
    lab = lab_with_gallery
    page = open_gallery(lab, browser, "light")
    light = page.locator(IMAGES).first.screenshot()

    lab.command(page, "apputils:change-theme", {"theme": "JupyterLab Dark"})
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")

    assert _corner(light) == (255, 255, 255)
    until(
        lambda: max(_corner(page.locator(IMAGES).first.screenshot())) < 40,
        "the picture is dark",
        within_s=90,
    )


def _corner(png: bytes) -> tuple[int, int, int]:
    from io import BytesIO

    from PIL import Image

    return Image.open(BytesIO(png)).convert("RGB").getpixel((30, 8))
