"""Which nursery a call needs: which Python, which text of a person's, walled in or not."""

import os
import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

from ...errors import BlockUnavailable
from ...flow.signature import CELL
from ...security.sandbox import readable_folders
from .code import Code
from .guard import NetworkRefused
from .wire import Header


@dataclass(frozen=True, slots=True)
class Text:
    """A person's own code, as a nursery loads it."""

    module: str
    source: str
    label: str
    """What tracebacks call it."""
    network: bool
    path: tuple[str, ...]
    packages: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, block: str, code: Code, *, network: bool) -> Self:
        """Of the unit of code that brings a block."""
        module = block.partition(":")[0]
        environment = code.environment
        return cls(
            module,
            code.source,
            block if module == CELL else module,
            network,
            environment.path if environment and environment.path else tuple(sys.path),
            tuple(environment.packages.items()) if environment else (),
        )

    def header(self) -> Header:
        """As it goes over the wire."""
        return {
            "module": self.module,
            "source": self.source,
            "label": self.label,
            "network": self.network,
            "path": list(self.path),
            "packages": dict(self.packages),
        }


@dataclass(frozen=True, slots=True)
class Kind:
    """What all calls of one nursery have in common."""

    executable: str
    path: tuple[str, ...]
    text: Text | None = None
    """Loaded once, before the first fork."""
    walled_for: str | None = None
    """Runs in a sandbox, which it shares with nobody but this person."""
    shares_text: bool = True
    """Not where the text starts threads: then each fork loads it anew."""

    @classmethod
    def ours(cls) -> Self:
        """For built-in blocks: this worker's own Python."""
        return cls(sys.executable, tuple(sys.path))

    @classmethod
    def of(cls, block: str, code: Code | None, *, network: bool) -> Self:
        """For a block."""
        ours = cls.ours()
        if code is None:
            return ours
        if not code.is_trusted:
            return cls._walled(block, code, network=network)
        kind = replace(ours, text=Text.of(block, code, network=network))
        environment = code.environment
        if environment is None or is_ours(environment.executable):
            return kind
        return replace(kind, executable=environment.executable, path=environment.path)

    @classmethod
    def _walled(cls, block: str, code: Code, *, network: bool) -> Self:
        """For somebody else's code: under our own Python, for what it names is not to be read.

        Raises:
            NetworkRefused: Nobody can let it use the network.
            BlockUnavailable: It was written for another version of Python.
        """
        if network:
            raise NetworkRefused(
                f"{block} is somebody else's and wants to use the network.",
                remedy="It gets none here: let its owner run it, or use a block that is built in.",
            )
        ours = ".".join(map(str, sys.version_info[:2]))
        environment = code.environment
        if environment is not None and not f"{environment.python}.".startswith(f"{ours}."):
            raise BlockUnavailable(
                f"{block} was written for Python {environment.python}, and this worker has {ours}.",
                remedy="Run it under the same version of Python, or let its owner run it.",
            )
        path = _seen_from_within(tuple(sys.path))
        text = replace(Text.of(block, code, network=False), path=path)
        return cls(sys.executable, path, text, walled_for=code.caller)

    @property
    def is_nested(self) -> bool:
        """Whether it can be forked from the nursery that this worker has anyway."""
        return self.executable == sys.executable and self.walled_for is None


@lru_cache(maxsize=1)
def _seen_from_within(path: tuple[str, ...]) -> tuple[str, ...]:
    """Of where we import from, what a sandbox is shown."""
    seen = readable_folders()
    return tuple(entry for entry in path if any(_is_below(entry, folder) for folder in seen))


def _is_below(path: str, folder: str) -> bool:
    path = os.path.realpath(path)
    return path == folder or path.startswith(folder + os.sep)


def is_ours(executable: str) -> bool:
    """Whether this is the Python of this process; `python` and `python3` of one folder are one."""
    ours = sys.executable
    if executable == ours:
        return True
    return os.path.dirname(executable) == os.path.dirname(ours) and (
        os.path.realpath(executable) == os.path.realpath(ours)
    )
