"""Words from outside as signs that can be seen: nobody's title, prompt or answer moves a cursor or forges a line."""

MAX_QUOTE = 300


def visible(text: str, instead: str = " ") -> str:
    """`text` with its line feeds; what else is white space becomes a space, what cannot be seen `instead`.

    The latter are control characters (ESC among them), marks that turn the direction of writing, halves of surrogate
    pairs, and what Unicode has not assigned.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else " " if sign.isspace() else instead for sign in text)


def one_line(text: str, most: int | None = None, instead: str = " ") -> str:
    """`text` as one line of signs that can be seen, white space collapsed; of at most `most`, the last one "…"."""
    line = " ".join(visible(text, instead).split())
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def quoted(text: str, *secrets: str) -> str:
    """Words of the other side, fit for one of our sentences: one short line without our secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return one_line(text, MAX_QUOTE + 1).rstrip(".")
