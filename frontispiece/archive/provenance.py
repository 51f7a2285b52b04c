"""The story a picture carries in itself, as an XMP packet that photo software understands.

Standard properties where there are some (Dublin Core, and IPTC Photo Metadata 2025.1 with its marks for AI-made
pictures), properties of our own for the rest.
"""

import re
import xml.etree.ElementTree as ET
from datetime import date, datetime
from typing import Final

from pydantic import Field, ValidationError

from frontispiece.models import Value
from frontispiece.tex import readable
from frontispiece.text import one_line
from frontispiece.version import VERSION

MAX_XMP = 60_000  # a JPEG segment ends at 65,533 bytes
MAX_LINE = 1_000
MAX_ALT = 400

CREATOR_TOOL: Final = f"Frontispiece {VERSION}"

_X: Final = "adobe:ns:meta/"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_CORE: Final = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_IPTC: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_OWN: Final = "urn:frontispiece:story:1/"
_RIGHTS: Final = "Made by a machine, without a human author. The paper and its title belong to its authors."
_SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_BY_MODEL, _BY_RULES = "trainedAlgorithmicMedia", "algorithmicMedia"

for _prefix, _namespace in {
    "x": _X,
    "rdf": _RDF,
    "dc": _DC,
    "xmp": _XMP,
    "Iptc4xmpExt": _IPTC,
    "Iptc4xmpCore": _CORE,
}.items():
    ET.register_namespace(_prefix, _namespace)
ET.register_namespace("frontispiece", _OWN)

_PROPERTIES: Final = {
    "paper_id": f"{{{_OWN}}}PaperId",
    "paper_url": f"{{{_DC}}}source",
    "prompt": f"{{{_IPTC}}}AIPromptInformation",
    "recipe": f"{{{_OWN}}}Recipe",
    "writer": f"{{{_OWN}}}Writer",
    "writer_model": f"{{{_OWN}}}WriterModel",
    "painter": f"{{{_OWN}}}Painter",
    "painter_model": f"{{{_OWN}}}PainterModel",
    "seed": f"{{{_OWN}}}Seed",
    "original": f"{{{_OWN}}}Original",
    "run": f"{{{_OWN}}}Run",
    "made": f"{{{_OWN}}}Made",
    "created": f"{{{_OWN}}}Filed",
}
_CREATE_DATE: Final = f"{{{_XMP}}}CreateDate"
_SOURCE_TYPE: Final = f"{{{_IPTC}}}DigitalSourceType"
_TITLE: Final = f"{{{_DC}}}title"
_OWN_TITLE: Final = f"{{{_OWN}}}Title"
_SUBJECT: Final = f"{{{_DC}}}subject"
_LI: Final = f"{{{_RDF}}}li"

_NOT_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Provenance(Value):
    """How a picture came to be."""

    title: str = Field(description="the paper's title")
    paper_id: str = Field(description="arXiv id without version")
    paper_url: str = Field(description="the paper's abstract page")
    prompt: str = Field(description="what the painter was asked to paint; its end is cut when the packet gets too big")
    recipe: str = Field(description="fingerprint of the recipe")
    writer: str | None = Field(default=None, description="kind of writer, such as openai")
    writer_model: str = Field(description="the model that wrote the prompt")
    painter: str = Field(description="kind of painter, such as fal")
    painter_model: str = Field(description="the model that painted")
    is_ai: bool = Field(default=True, description="whether a trained model painted; True where that is not known")
    seed: str | None = Field(default=None, description="decimal digits, where known")
    original: str | None = Field(default=None, description="SHA-256 of the bytes the painter sent, hex")
    run: str | None = Field(default=None, description="the run that had it painted, where known")
    made: datetime | None = Field(default=None, description="when that painting was delivered, UTC, where known")
    created: date = Field(description="the date the picture is filed under")
    subjects: tuple[str, ...] = Field(default=(), description="what the paper is filed under, such as cs.CL")

    @property
    def made_on(self) -> str:
        """When the picture was made, as far as that is known, in ISO 8601."""
        return self.created.isoformat() if self.made is None else self.made.replace(microsecond=0).isoformat()

    @property
    def alt(self) -> str:
        """What can be seen on the picture, in words."""
        return one_line(self.prompt, MAX_ALT) or f"Picture for “{readable(self.title)}”"

    @property
    def source_type(self) -> str:
        """IPTC's term for the picture's origin; the EU AI Act asks that AI-made pictures are marked."""
        return _SOURCE_TYPES + (_BY_MODEL if self.is_ai else _BY_RULES)


def xml_text(text: str) -> str:
    """The text without what XML 1.0 cannot carry, and without carriage returns, which it makes line feeds of."""
    return _NOT_XML.sub("", text)


def to_xmp(provenance: Provenance) -> bytes:
    """The story as an XMP packet of at most MAX_XMP bytes."""
    prompt = xml_text(provenance.prompt)
    packet = _packet(provenance, prompt)
    while len(packet) > MAX_XMP:
        # Escapes are spread unevenly, so it takes a few cuts.
        prompt = prompt[: len(prompt) * MAX_XMP // len(packet) - 1]
        packet = _packet(provenance, f"{prompt}…")
    return packet


def from_xmp(packet: bytes) -> Provenance | None:
    """The story in an XMP packet, or None when the packet is not one of ours."""
    if b"<!" in packet:
        return None  # no packet of ours declares a document type, and entities are not to be trusted
    try:
        root = ET.fromstring(packet)  # noqa: S314 see above
    except (ET.ParseError, ValueError, LookupError):
        return None
    found: dict[str, object] = {name: root.findtext(f".//{tag}") for name, tag in _PROPERTIES.items()}
    # Once the one date there was; it now tells when the picture was made.
    found["created"] = found["created"] or root.findtext(f".//{_CREATE_DATE}")
    found["subjects"] = tuple(each.text or "" for each in root.findall(f".//{_SUBJECT}//{_LI}"))
    found["is_ai"] = str(root.findtext(f".//{_SOURCE_TYPE}") != _SOURCE_TYPES + _BY_RULES)
    found["title"] = root.findtext(f".//{_OWN_TITLE}") or root.findtext(f".//{_TITLE}//{_LI}")
    try:
        return Provenance.model_validate({name: text for name, text in found.items() if text is not None})
    except ValidationError:
        return None


def _packet(provenance: Provenance, prompt: str) -> bytes:
    meta = ET.Element(f"{{{_X}}}xmpmeta")
    about = ET.SubElement(ET.SubElement(meta, f"{{{_RDF}}}RDF"), f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    title = readable(provenance.title)
    _add_list(about, _TITLE, "Alt", title)
    if title != provenance.title:
        _add(about, _OWN_TITLE, provenance.title)
    _add_list(about, f"{{{_DC}}}creator", "Seq", provenance.painter_model)
    _add_list(about, f"{{{_DC}}}rights", "Alt", _RIGHTS)
    _add_list(about, f"{{{_DC}}}description", "Alt", provenance.alt)
    if provenance.subjects:
        _add_list(about, _SUBJECT, "Bag", *provenance.subjects)
    _add_list(about, f"{{{_CORE}}}AltTextAccessibility", "Alt", provenance.alt)
    _add(about, _CREATE_DATE, provenance.made_on)
    _add(about, f"{{{_XMP}}}CreatorTool", CREATOR_TOOL)
    _add(about, _SOURCE_TYPE, provenance.source_type)
    if provenance.is_ai:
        _add(about, f"{{{_IPTC}}}AISystemUsed", provenance.painter_model)
    for name, text in provenance.model_dump(mode="json", include=set(_PROPERTIES), exclude_none=True).items():
        if name == "prompt":
            ET.SubElement(about, _PROPERTIES[name]).text = prompt
        else:
            _add(about, _PROPERTIES[name], text)
    body: bytes = ET.tostring(meta, encoding="utf-8")
    return b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>' + body + b'<?xpacket end="r"?>'


def _add_list(parent: ET.Element, tag: str, kind: str, *texts: str) -> None:
    entries = ET.SubElement(ET.SubElement(parent, tag), f"{{{_RDF}}}{kind}")
    for text in texts:
        entry = _add(entries, _LI, text)
        if kind == "Alt":
            entry.set("{http://www.w3.org/XML/1998/namespace}lang", "x-default")


def _add(parent: ET.Element, tag: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, tag)
    child.text = xml_text(text)[:MAX_LINE]
    return child
