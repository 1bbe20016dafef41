"""Making any text fit to be shown."""

from __future__ import annotations


def printable(text: str, *, layout: bool = False) -> str:
    r"""`text` with everything that is not a visible character or a plain space written as its escape.

    Control characters, DEL, bidirectional and other format controls, line and paragraph separators,
    unusual spaces, lone surrogates, private-use and unassigned code points become `\xNN`, `\uNNNN`
    or `\UNNNNNNNN`, so that what is shown cannot move the cursor, colour the terminal or reorder
    the line. With `layout`, newlines and tabs are kept.
    """
    if text.isprintable():
        return text
    kept = "\n\t" if layout else ""
    return "".join(c if c.isprintable() or c in kept else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def shortened(text: str, width: int = 40) -> str:
    """`text` printable on one line, runs of blanks as one, cut in the middle beyond `width` characters."""
    if len(text) > 4 * width:  # however long the source is, only its ends are looked at
        text = f"{text[: 2 * width]} … {text[-2 * width :]}"
    line = printable(" ".join(text.split()))
    if len(line) <= width:
        return line
    kept = (width - 3) // 2
    return f"{line[:kept]} … {line[-kept:]}"
