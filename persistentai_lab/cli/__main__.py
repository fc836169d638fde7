"""`python -m persistentai_lab.cli` is `persistentai`."""

from persistentai_lab.cli.main import main

# Child processes that run bodies load their parent's main module under another name.
if __name__ == "__main__":
    main()
