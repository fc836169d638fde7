"""The files layer: a file system with branches, commits, differences, merges and tags."""
