"""The history layer: what runs did, with what, at which cost, and the proof of it."""
