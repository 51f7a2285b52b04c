"""A paper as reference managers and search engines read it: BibTeX, RIS and JSON-LD."""

import json
import re
import urllib.parse
from typing import Final

from frontispiece.gallery import layout
from frontispiece.gallery.cards import Card
from frontispiece.gallery.words import folded

_ID: Final = re.compile(r"(?:[A-Za-z.-]+/)?([0-9]{2})[0-9]{2}")
# No sign of a stranger's ends a field or begins a command.
_BIBTEX: Final = str.maketrans({sign: f"\\{sign}" for sign in "&%$#_"} | dict.fromkeys("{}\\~^", " "))


def year(card: Card) -> int:
    """The year of the paper's first version, which its id tells."""
    found = _ID.match(card.id)
    if found is None:
        return card.day.year
    return int(found[1]) + (1900 if int(found[1]) > 90 else 2000)


def bibtex(card: Card) -> str:
    """As arXiv has it."""
    family = re.sub(r"[^a-z]", "", folded(card.authors[0].rpartition(" ")[2])) if card.authors else ""
    word = re.sub(r"[^a-z]", "", folded((card.title.split() or [""])[0]))
    fields = {
        "title": card.title,
        "author": " and ".join(card.authors),
        "year": str(year(card)),
        "eprint": card.id,
        "archivePrefix": "arXiv",
        "primaryClass": card.categories[0] if card.categories else "",
        "url": card.url,
    }
    lines = [
        f"  {name} = {{{text if name == 'url' else ' '.join(text.translate(_BIBTEX).split())}}},"
        for name, text in fields.items()
        if text
    ]
    return "\n".join([f"@misc{{{family or 'paper'}{year(card)}{word},", *lines, "}"])


def ris(card: Card) -> str:
    """For EndNote, Zotero and the like."""
    pairs = [
        ("TY", "GEN"),
        ("TI", card.title),
        *(("AU", author) for author in card.authors),
        ("PY", str(year(card))),
        ("AB", card.abstract),
        *(("KW", category) for category in card.categories),
        ("PB", "arXiv"),
        ("AN", f"arXiv:{card.id}"),
        ("UR", card.url),
    ]
    return "\n".join([*(f"{tag}  - {text}" for tag, text in pairs if text), "ER  - "])


def json_ld(card: Card, site_url: str) -> str:
    """A ScholarlyArticle, with its picture where the gallery's address is known; nothing in it can end a script."""
    plate = card.plates[0]
    said: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "headline": card.title[:110],
        "name": card.title,
        "author": [{"@type": "Person", "name": author} for author in card.authors[:40]],
        "identifier": f"arXiv:{card.id}",
        "sameAs": [address for _, address in card.links],
    }
    if card.gist:
        said["abstract"] = card.gist
    if site_url:
        said["url"] = site_url + layout.paper_page(card)
        said["image"] = {
            "@type": "ImageObject",
            "contentUrl": urllib.parse.urljoin(site_url, f"../{plate.path}"),
            "width": plate.width,
            "height": plate.height,
            "caption": card.alt(plate),
        }
    return re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(said, separators=(",", ":")))
