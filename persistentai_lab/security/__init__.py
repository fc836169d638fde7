"""Who is asking, what proves it, and what nobody else may read."""
