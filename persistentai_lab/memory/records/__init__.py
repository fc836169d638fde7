"""The records layer: values by key, which outlive a run."""
