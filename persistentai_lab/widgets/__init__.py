"""Widgets for places that show ipywidgets: one loader, one bundle, everything else over messages.

flow    the flow in a cell, live          tunnel  requests and event streams over the kernel's comm
memory  the Memory Tree in a cell
answer  how an error is told to a browser mime    what our own renderer in JupyterLab reads
loader.js  finds the UI bundle and mounts it

Import from the module that owns the name; this stays empty, because anywidget takes its time.
"""
