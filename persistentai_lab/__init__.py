"""PersistentAI Lab: flows of typed blocks, run durably, watched live inside Jupyter."""

__version__ = "0.1.0"
