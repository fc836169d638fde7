"""Which release this is. A module of its own, so that asking loads nothing else."""

VERSION = "0.1.0"
