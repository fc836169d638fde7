"""Branches of files as a Git repository, and a repository's history as branches of files."""

from .bring import Imported, import_git
from .export import Exported, export_git

__all__ = ["Exported", "Imported", "export_git", "import_git"]
