"""What things of ours are called in lakeFS, whose names may have fewer characters."""

import hashlib
import re

from ...ids import Workspace

_STEP = "_step-"
_KEY = "_key-"


def repository_of(workspace: Workspace) -> str:
    """A repository a workspace; people recognise it, and no two have the same."""
    known = re.sub(r"[^a-z0-9]+", "-", workspace.lower()).strip("-")[:40]
    return f"pai-{known}-{_short(workspace)}"


def to_lake(name: str) -> str:
    """A branch or a tag: lakeFS knows no dots, and `_` in front is ours."""
    return name.replace("_", "_u").replace(".", "_d")


def from_lake(name: str) -> str | None:
    """The branch or tag of this name; None for what is ours alone."""
    if name.startswith("_"):
        return None
    return re.sub(r"_[ud]", lambda found: "_" if found[0] == "_u" else ".", name)


def step_branches(key: str) -> str:
    """How the branches begin on which the commit of a key is made ready, each for one try."""
    return f"{_STEP}{_long(key)}-"


def key_tag(key: str) -> str:
    """By which the commit of a key is found at once."""
    return f"{_KEY}{_long(key)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _long(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
