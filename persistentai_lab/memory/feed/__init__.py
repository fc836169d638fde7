"""The feed layer: everything in a room or session, in one order, never changed, hash-chained."""
