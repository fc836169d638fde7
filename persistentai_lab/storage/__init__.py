"""What is kept, and where: a home on disk, Postgres, its connections and its tables."""
