"""What makes vectors of texts: a small model in this process, or an endpoint."""

from .choose import chosen, why_none
from .protocol import Embedder, EmbedderFailed

__all__ = ["Embedder", "EmbedderFailed", "chosen", "why_none"]
