"""Control nodes: blocks that run flows. What is known of them while a flow is drawn."""
