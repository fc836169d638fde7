"""How many tokens a text will be, about."""


def tokens_of(text: str) -> int:
    """About how many tokens a model will count: four bytes each, and never fewer than words.

    An estimate, said to be one: every model counts for itself.
    """
    return max(-(-len(text.encode()) // 4), len(text.split()))
