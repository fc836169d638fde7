"""pandas DataFrame as Parquet."""

from io import BytesIO

from ...ids import JsonSchema
from ..payload import Payload
from .codec import PAI_TYPE, BadValue, short

MEDIA_TYPE = "application/vnd.apache.parquet"


class TableCodec:
    """Codec of `pandas.DataFrame`. Index, column types and missing values survive the trip."""

    def __init__(self) -> None:
        self.schema: JsonSchema = {PAI_TYPE: "table"}

    def encode(self, value: object) -> Payload:
        """Write Parquet."""
        import pandas as pd

        if not isinstance(value, pd.DataFrame):
            raise BadValue("DataFrame", short(value))
        buffer = BytesIO()
        try:
            value.to_parquet(buffer, engine="pyarrow")
        except (
            ValueError,
            TypeError,
            ArithmeticError,
        ) as error:  # what pyarrow's errors derive from
            reason = str(error).splitlines()[0]
            raise BadValue(
                "a DataFrame that Parquet can hold", f"one it cannot: {reason}"
            ) from error
        return Payload(buffer.getvalue(), MEDIA_TYPE)

    def decode(self, payload: Payload) -> object:
        """Read Parquet."""
        import pandas as pd

        if payload.media_type != MEDIA_TYPE:
            raise BadValue("DataFrame", payload.media_type)
        try:
            return pd.read_parquet(BytesIO(payload.data), engine="pyarrow")
        except (ValueError, OSError) as error:
            raise BadValue("Parquet", f"bytes that are not: {error}") from error
