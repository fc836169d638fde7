"""How an error is told to a browser: a code, a sentence, a remedy."""

from ..errors import FlowInvalid, LabError
from ..ids import Json


def told(error: Exception) -> dict[str, Json]:
    """The error as a view shows it. One that is not ours is told by its name."""
    if isinstance(error, FlowInvalid) and error.problems:
        first, *more = error.problems
        others = f" ({len(more)} more like it.)" if more else ""
        problems: list[Json] = [problem.to_json() for problem in error.problems]
        return {**first.to_json(), "message": f"{first.message}{others}", "problems": problems}
    if isinstance(error, LabError):
        return {"code": error.code, "message": error.message, "remedy": error.remedy}
    return {
        "code": "kernel_error",
        "message": f"{type(error).__name__}: {error}",
        "remedy": "Start it from a cell to see where: `flow.run(…)`.",
    }
