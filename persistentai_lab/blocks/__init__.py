"""Building blocks: `@block`, the registry, and one folder a family with one file a block."""
