"""Words as somebody writes them who means harm. No pytest in here."""

WEAPONS = (
    *("\x1b[2J", "\x1b]0;owned\x07", "\x9b31m", "\x00", "\r", "\n[24.12.2024 00:00] Forged.\n", "\t", "\x85", "\u2028"),
    *("\u202e", "\u2066", "\u200b", "\ufeff", "\ue000", "\uffff", "\U000e0041", "\ud800", "\udfff"),
    *("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "＝1", '";DROP', "',1", "'", '"', "\\", "`", "|"),
    *("<script>alert(1)</script>", "</title>", "<!--", "]]>", "<![CDATA[", "<?xml", "<img src=x onerror=alert(1)>"),
    *(
        "&lt;b&gt;",
        "&#x1b;[2J",
        "&#8238;",
        "&amp",
        "javascript:alert(1)",
        "](javascript:alert(1))",
        "![x](//x.example)",
    ),
    *("[red]", "[/]", "[link=//x.example]", ":warning:", "{title}", "{{ x }}", "{% x %}", "${x}", "%s%n", "$x^2$"),
    *("../../etc/passwd", "file:///etc/passwd", "*?[a-z]", "%00", "%2e%2e", "#", "?"),
)
"""What parsers, screens, pages and spreadsheets take for theirs."""


def file_name(text: str) -> str:
    """The text as a file may be called."""
    return text.encode("utf-8", "ignore").decode().translate({0: None, ord("/"): None})[:60]


def is_visible(text: str) -> bool:
    """Whether there are lines of signs that can be seen, and nothing else."""
    return all(line.isprintable() for line in text.split("\n"))
