"""Flows and runs in a notebook: drawn, started and looked at from its cells.

flow        `@pai.flow` with `.run`   run      a run, as an object
picture     its drawing, as SVG       layout   where its nodes stand
html        tables, notes of cells    runtime  which runtime the notebook talks to
display     all that a cell is given: words, picture, live view

The public names are those of `persistentai_lab`; this stays empty so that importing it is free.
"""
