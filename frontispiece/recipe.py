"""What would change a picture, and the fingerprints made of it.

A fingerprint names a way of making pictures, not a run: it hashes the kinds, models, templates and
parameters of writer and painter, and nothing else: no keys, addresses, dates, limits.
"""

import hashlib
import json

from pydantic import Field

from frontispiece.models import Paper, Prompt, Value


def digest(*parts: object) -> str:
    """A plain 32-digit hex hash of JSON-ready parts; safe as a file name and as a Prefect cache key."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def canonical_json(**parameters: object) -> str:
    """Parameters as one line of JSON that is the same whenever they are the same."""
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"))


class WriterRecipe(Value):
    """Everything about a writer that shapes its prompts."""

    kind: str = Field(description="its name in the registry, such as openai")
    model: str = Field(description="the model's name; for template its own version")
    template: str = Field(description="the request with {title} and {abstract} in it, or the template's name")
    parameters: str = Field(description="canonical JSON of what else is sent: temperature and the like")


class PainterRecipe(Value):
    """Everything about a painter that shapes its pictures."""

    kind: str = Field(description="its name in the registry, such as fal")
    model: str = Field(description="the model's name; for lineart its own version")
    parameters: str = Field(description="canonical JSON of what else is sent: size, seed, quality and the like")


class CheckerRecipe(Value):
    """Everything about a checker that shapes its verdicts. It is no part of a picture's recipe: it changes none."""

    kind: str = Field(description="its name in the registry, such as tesseract")
    model: str = Field(description="the model's name; for tesseract its languages")
    parameters: str = Field(description="canonical JSON of what else is sent or asked")


class Recipe(Value):
    """Writer, painter and JPEG quality: one way to make a picture from a paper."""

    writer: WriterRecipe
    painter: PainterRecipe
    jpeg_quality: int

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change exactly when the pictures would."""
        return digest(self.writer.model_dump(), self.painter.model_dump(), self.jpeg_quality)[:16]


def prompt_key(paper: Paper, writer: WriterRecipe, refresh_id: str) -> str:
    """What a prompt depends on. `refresh_id` is empty, or names the run that wanted everything made anew."""
    return digest("prompt", paper.id, paper.title, paper.abstract, writer.model_dump(), refresh_id)


def painting_key(paper: Paper, prompt: Prompt, painter: PainterRecipe, refresh_id: str, take: int = 0) -> str:
    """What a painting depends on: the paper, the words, the plan, the painter, and which take it is."""
    plan = prompt.plan.model_dump() if prompt.plan else None
    again = (take,) if take else ()  # the first take has the key it always had
    return digest("painting", paper.id, prompt.text, plan, painter.model_dump(), refresh_id, *again)


def check_key(paper: Paper, wanted: str, original_digest: str, checker: CheckerRecipe, refresh_id: str) -> str:
    """What the check of a painting depends on: its bytes, the words that are looked for, and who looks."""
    return digest("check", paper.id, wanted, original_digest, checker.model_dump(), refresh_id)


def picture_key(paper: Paper, original_digest: str, recipe: Recipe) -> str:
    """What an archived picture depends on."""
    return digest("picture", paper.id, str(paper.folder_date), original_digest, recipe.fingerprint)
