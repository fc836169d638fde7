"""A value that travels by reference, as Python knows it, or in one sentence why not."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import CannotRead, LabError, PayloadExpired, Unavailable
from .wire import Blob, Expired

if TYPE_CHECKING:
    from ..flow.payload import Payload


def read_blob(value: Blob, fetch: "Callable[[str], Payload]") -> object:
    """Fetch and decode.

    Raises:
        CannotRead: Its bytes are gone, or nothing here reads them.
    """
    from ..flow.values import BadValue, decode

    try:
        return decode(fetch(value.ref), Any)
    except Unavailable:  # of the runtime, not of the value: another time it may be there
        raise
    except LabError as error:
        remedy = error.remedy or "Run the step that made it again."
        raise _unreadable(value, error.message, remedy) from None
    except ImportError as error:
        name = (error.name or "what it needs").partition(".")[0]
        remedy = f"Install {name} where this runs: `pip install {name}`."
        raise _unreadable(value, f"{name} is not installed here", remedy) from None
    except BadValue as error:
        remedy = f"Its bytes can be had all the same: `Client().blob({value.ref!r}).data`."
        raise _unreadable(value, str(error), remedy) from None


def expired(value: Expired) -> PayloadExpired:
    """Why a value cannot be had any more."""
    return PayloadExpired(
        f"This value ({value.media_type}, {value.size:,} bytes) is no longer kept, "
        f"since {value.expired_at:%Y-%m-%d}.",
        remedy="Run the flow again; `persistentai retention` says how long values are kept.",
    )


def _unreadable(value: Blob, why: str, remedy: str) -> CannotRead:
    return CannotRead(value.media_type, value.size, why, remedy=remedy)
