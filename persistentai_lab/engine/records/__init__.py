"""What is known of a run, and how it is written: rows, batches, the one statement, its writer."""
