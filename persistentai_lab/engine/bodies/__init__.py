"""How a body runs: in the loop, in a thread, or in a process that a nursery has forked."""
