"""`python -m persistentai_lab.cli` is `persistentai`."""

from .main import main

main()
