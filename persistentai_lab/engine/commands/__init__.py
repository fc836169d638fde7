"""What people ask for: each command is one transaction, told in events, and safe to repeat."""
