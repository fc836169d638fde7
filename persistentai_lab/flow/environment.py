"""Under which Python a person's own code is meant to run: recorded with it, checked before it runs.

A flow drawn in a notebook runs in a child of the worker, but with the packages of the kernel in
which it was written.
"""

from pydantic import BaseModel, ConfigDict


class Environment(BaseModel):
    """An interpreter and what the code found in it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    executable: str
    """Absolute path of the interpreter (`sys.executable`)."""
    python: str
    """Its version, `3.11.7`."""
    lab: str
    """Version of this package in it."""
    path: tuple[str, ...] = ()
    """Folders that the code imports from, in order (`sys.path`)."""
    packages: dict[str, str] = {}
    """Distributions that the code imports from, with their versions."""
