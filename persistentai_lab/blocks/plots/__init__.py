"""Charts: as images, and as specifications that a browser draws."""

from .bar import bar
from .histogram import histogram
from .line import line
from .scatter import scatter
from .vega_lite import vega_lite

__all__ = ["bar", "histogram", "line", "scatter", "vega_lite"]
