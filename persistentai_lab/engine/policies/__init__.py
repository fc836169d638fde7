"""What a node's policies do around its body: rate, kept results, circuit breaker, budget.

Each is a file of its own, and knows nothing of the others; `keeper.py` puts them in order.
"""
