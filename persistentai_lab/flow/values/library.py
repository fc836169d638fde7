"""The heavy libraries that come with an extra, and what to do where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import NodeError


class PackageMissing(NodeError):
    """A package that this needs is not installed where the body runs."""

    code = "package_missing"


@contextmanager
def extra(name: str = "data") -> Iterator[None]:
    """Import inside: a package that is missing fails with how to install it.

        with extra():
            import duckdb

    Raises:
        PackageMissing: Names the package and the extra that brings it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f"The package {error.name!r} is not installed here.",
            remedy=f"On the machine of the worker: pip install 'persistentai-lab[{name}]'",
        ) from None
