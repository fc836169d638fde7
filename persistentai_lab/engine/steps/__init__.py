"""A node at work: attempts, questions, pauses, and how it is stopped."""
