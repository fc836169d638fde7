"""Tables: columns and rows, as pandas and polars have them."""

from .add_column import add_column
from .concat import concat
from .describe import describe
from .distinct import distinct
from .drop_missing import drop_missing
from .fill_missing import fill_missing
from .filter import filter
from .from_rows import from_rows
from .group import group
from .head import head
from .join import join
from .pivot import pivot
from .read_csv import read_csv
from .read_excel import read_excel
from .read_json_lines import read_json_lines
from .read_parquet import read_parquet
from .rename import rename
from .sample import sample
from .select import select
from .sort import sort
from .sql import sql
from .to_csv import to_csv
from .to_excel import to_excel
from .to_parquet import to_parquet
from .to_rows import to_rows
from .unpivot import unpivot

__all__ = [
    "add_column",
    "concat",
    "describe",
    "distinct",
    "drop_missing",
    "fill_missing",
    "filter",
    "from_rows",
    "group",
    "head",
    "join",
    "pivot",
    "read_csv",
    "read_excel",
    "read_json_lines",
    "read_parquet",
    "rename",
    "sample",
    "select",
    "sort",
    "sql",
    "to_csv",
    "to_excel",
    "to_parquet",
    "to_rows",
    "unpivot",
]
