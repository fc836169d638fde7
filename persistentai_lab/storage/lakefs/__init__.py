"""The files layer in lakeFS: a repository a workspace."""
