"""Makes the blocks of `bench/plugin` installed blocks, for this process and those it starts."""

import os
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).parent.parent
_ENTRY_POINTS = "[persistentai_lab.blocks]\nbench = bench_blocks\n"


def plug_in() -> None:
    """Do as an installer would: a distribution on the path that names its entry point."""
    folder = Path(tempfile.mkdtemp(prefix="pai-bench-plugin-"))
    told = folder / "bench_blocks-0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-blocks\nVersion: 0\n")
    (told / "entry_points.txt").write_text(_ENTRY_POINTS)
    added = [str(folder), str(BENCH / "plugin"), str(BENCH.parent)]
    sys.path[:0] = added
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*added, *([before] if before else [])])
