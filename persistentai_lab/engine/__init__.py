"""The engine: starts runs, walks their plans, records every step. The only importer of DBOS.

DBOS owns *legs* (queueing, claiming, recovery, cancelling); our tables own steps and events.
"""
