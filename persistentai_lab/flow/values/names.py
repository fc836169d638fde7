"""Names for values that are no JSON, to be written in annotations without importing a library.

    def head(table: Table, count: int = 5) -> Table: ...

A type checker sees the class; at run time the name says only which codec to use, so that a module
full of blocks loads fast.
"""

from typing import TYPE_CHECKING, Annotated, Any

from .codec import PAI_TYPE, JsonType

if TYPE_CHECKING:
    from pandas import DataFrame as Table
    from PIL.Image import Image
else:
    Table = Annotated[Any, JsonType({PAI_TYPE: "table"})]
    Image = Annotated[Any, JsonType({PAI_TYPE: "image"})]

__all__ = ["Image", "Table"]
