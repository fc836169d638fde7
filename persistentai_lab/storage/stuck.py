"""Runs that nothing will ever move again, unless a person does.

Told by what there is, never by how old it is: a jump of a clock makes no run stuck. Every commit
that sets a run down or lets it go on is one transaction with whatever moves it next, so these
states are never passed through; a run that is found here is a fault.
"""

MOVERS = ("SELECT FROM pai.question q WHERE q.run = r.id AND q.answer IS NULL",)
"""What may move a waiting run, each as a query that finds something then."""

IS_STUCK = f"""
(r.status IN ('queued', 'running') AND NOT EXISTS (
    SELECT FROM dbos.workflow_status w
    WHERE w.workflow_uuid = r.id || '/leg/' || r.leg
      AND w.status IN ('ENQUEUED', 'PENDING', 'DELAYED'))
 OR r.status = 'waiting' AND NOT ({" OR ".join(f"EXISTS ({mover})" for mover in MOVERS)}))
"""
"""A condition on `pai.run AS r`. A paused run is not stuck: somebody holds it."""
