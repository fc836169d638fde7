"""Where lakeFS is, by this runtime's settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ...errors import MemoryRefused

URL_SETTING = "PERSISTENTAI_LAKEFS_URL"
"""Base address of the server: `https://lakefs.example.org`."""
NAMESPACE_SETTING = "PERSISTENTAI_LAKEFS_NAMESPACE"
"""Where lakeFS puts the objects of new repositories: `s3://bucket/folder`."""
KEY_ID_SETTING = "PERSISTENTAI_LAKEFS_KEY_ID"
SECRET_SETTING = "PERSISTENTAI_LAKEFS_SECRET_FILE"
"""A file with the secret, so that no process shows it in its environment."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A server, and who we are there. Nobody else may write to our repositories."""

    url: str
    namespace: str
    key_id: str
    secret: str

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> Self | None:
        """By the environment; None where no server is named.

        Raises:
            MemoryRefused: Something is missing. Says all that is.
        """
        url = environ.get(URL_SETTING, "")
        if not url:
            return None
        wrong = [] if url.startswith(("http://", "https://")) else [f"{URL_SETTING} is no URL"]
        needed = (NAMESPACE_SETTING, KEY_ID_SETTING, SECRET_SETTING)
        wrong += [f"{name} is not set" for name in needed if not environ.get(name)]
        secret = ""
        if path := environ.get(SECRET_SETTING):
            try:
                secret = Path(path).read_text().strip()
            except OSError as error:
                wrong.append(f"the file of {SECRET_SETTING} can't be read: {error.strerror}")
        if wrong:
            raise MemoryRefused(
                f"lakeFS can't be used like this: {'; '.join(wrong)}.",
                remedy=f"Set what is missing, or unset {URL_SETTING} to keep files in Postgres.",
            )
        namespace = environ[NAMESPACE_SETTING].rstrip("/")
        return cls(url.rstrip("/"), namespace, environ[KEY_ID_SETTING], secret)
