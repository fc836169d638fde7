"""Flows compiled to a tree in which every step has a path that does not depend on time."""

from .compiler import compile_plan
from .explain import explain
from .model import Plan
from .strict import Join
from .tree import Leaf, Parallel, Part, Series, Woven, walk

__all__ = [
    "Join",
    "Leaf",
    "Parallel",
    "Part",
    "Plan",
    "Series",
    "Woven",
    "compile_plan",
    "explain",
    "walk",
]
