"""The records layer: values by key, and JSON documents in collections. Both outlive a run."""
