"""The knowledge layer: facts with their times and sources, and text found by words and meaning."""
