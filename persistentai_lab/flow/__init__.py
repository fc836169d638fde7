"""What a flow is, whether it can run, and how it is read and written. Pure: nothing here runs one.

model      the drawn graph, frozen              signature  a block seen from outside
values/    annotations, JSON Schema, codecs     compat     does one type fit another
check      every problem of a flow at once      expand     flows used as blocks, inlined
trace      a Python function becomes a flow     to_code    and back
codec      `.flow.json` and the content hash    flow       all of it in one object
graph      a flow as a canvas draws it          edit       the same with other literals

Import from the module that owns the name; this one stays empty so that importing it is free.
"""
