"""Flows and data to start from. Every one of them runs as it stands."""
