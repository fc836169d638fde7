"""What the child does: lower its own limits, read a document, say its pieces, end.

    python -m persistentai_lab.memory.knowledge.documents.child NAME < document

Documents are other people's bytes, and some are made to break what reads them: in here nothing is
lost by it. It writes no file, and has a bounded share of memory and time.
"""

import json
import sys

MEMORY_MAX = 1024**3
"""Bytes of address space; a bomb ends here."""
CPU_S = 60
UNREADABLE = 3
"""The exit code when the document is at fault."""
MISSING = 4
"""The exit code when a package is not installed."""


def main() -> int:
    """Returns the exit code; pieces go to standard output as JSON, reasons too."""
    data = sys.stdin.buffer.read()
    _limit()
    from .cut import cut
    from .formats import reader_of

    try:
        pieces = cut(reader_of(sys.argv[1], data)(data))
    except ModuleNotFoundError as error:
        return _say(MISSING, error.name or "?")
    except MemoryError:
        return _say(UNREADABLE, "it takes too much memory to be read")
    except RecursionError:
        return _say(UNREADABLE, "it is nested too deeply")
    except Exception as error:  # noqa: BLE001 - whatever a library makes of somebody's bytes
        return _say(UNREADABLE, str(error)[:300] or type(error).__name__)
    return _say(0, [piece.model_dump() for piece in pieces])


def _limit() -> None:
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_MAX),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (most, most))


def _say(code: int, said: object) -> int:
    sys.stdout.write(json.dumps(said))
    return code


if __name__ == "__main__":
    sys.exit(main())
