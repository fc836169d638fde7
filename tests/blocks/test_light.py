"""Walking the catalogue loads no heavy library: everybody who opens the palette would wait."""

import json
import subprocess
import sys

HEAVY = {
    "pandas",
    "polars",
    "numpy",
    "pyarrow",
    "duckdb",
    "matplotlib",
    "openpyxl",
    "PIL",
    "jsonpath",
}


def test_all_blocks_can_be_listed_without_a_heavy_library() -> None:
    code = (
        "import sys, json; from persistentai_lab.blocks import catalogue\n"
        "print(json.dumps([len(catalogue()), sorted(sys.modules)]))"
    )

    count, loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], text=True))

    assert count > 60
    assert not HEAVY & set(loaded)
