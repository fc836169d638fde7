"""The engine: starts runs, walks their plans, records every step. The only importer of DBOS.

DBOS owns *legs* (queueing, claiming, recovery, cancelling); our tables own steps and events. Here
stands the way of a leg, from the worker that takes it (`worker`, `claim`, `legs`) to its walk
(`leg`, `walk`, `scope`) and its rest (`parking`); each folder is a part of that way:

- `steps`: a node at work. `control`: nodes that open flows. `policies`: rate, cache, budget.
- `bodies`: how a block's code is run, and walled in.
- `records`: what is known of a run, and the one statement that writes it.
- `commands`: what people ask for. `triggers`: what starts runs by itself.
"""
