"""What happened in a run, and the fold that turns it into what people see."""
