"""The Memory Tree: what each layer is asked, what it keeps, and the logic that needs no database.

One layer, one package: `feed`, `files`, `records`, `history`, `knowledge`. Each says what may be
asked of it (queries) and done to it (commands), and what a body is lent of it. `storage` keeps.
"""
