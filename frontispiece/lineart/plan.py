"""What a line drawing shows: the vocabulary that the template writer and the line-art painter share.

A plan is one scene, one motif in its middle (the hero), two smaller ones, one accent colour and a label. The paper's
words choose the motifs. Scene and accent go by the paper's place in its list, so that neighbours always differ and a
list of fourteen papers shows every scene. Nothing here depends on anything but its arguments.
"""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from frontispiece.lineart.label import brief_title as brief_title
from frontispiece.lineart.label import untex
from frontispiece.models import Paper, ScenePlan

ACCENTS: Final = {
    "#e24a33": "vermilion",
    "#224eb0": "cobalt blue",
    "#ecaa1e": "saffron yellow",
    "#108a74": "sea green",
    "#de5878": "rose",
    "#7a52a8": "violet",
}
"""Accent colours and their names in a prompt."""


@dataclass(frozen=True, slots=True)
class Motif:
    """A thing that can be drawn, and the words of a paper that call for it."""

    phrase: str
    keywords: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """A place for motifs. The sentences promise what the painter draws, and nothing else.

    `sentence` has a place for {hero}, `company` for {first} and {second}; `spot` is the object with the label;
    `keywords` are words of a foreign prompt that call for the scene.
    """

    sentence: str
    company: str
    spot: str
    keywords: frozenset[str]


def _motif(phrase: str, keywords: str) -> Motif:
    return Motif(phrase, frozenset(keywords.split()))


def _scene(sentence: str, company: str, spot: str, keywords: str) -> Scene:
    return Scene(sentence, company, spot, frozenset(keywords.split()))


MOTIFS: Final = {
    "network": _motif(
        "a constellation of ink spheres tied together by taut threads",
        "network graph node gnn neural topology connect social edge message attention connectome link routing",
    ),
    "tree": _motif(
        "a bare tree whose branches end in small globes",
        "tree branch hierarchical hierarchy forest decision search reasoning thought planning root growth parsing",
    ),
    "books": _motif(
        "a leaning pile of old books",
        "language text book library llm document corpus reading knowledge instruction pretraining literature survey "
        "retrieval-augmented wikipedia",
    ),
    "letters": _motif(
        "a swarm of loose letters",
        "token word letter vocabulary translation prompt multilingual linguistic spelling nlp dialogue conversation "
        "character tokenizer tokenized ner text-to-image conversational",
    ),
    "eye": _motif(
        "an enormous unblinking eye",
        "vision visual eye image perception see pixel video saliency gaze recognition observation multimodal camera "
        "segmentation segmenting tracking",
    ),
    "clock": _motif(
        "a round clock that shows its own hour",
        "time temporal clock latency real-time fast speed efficient sequence forecasting schedule acceleration "
        "throughput inference speculative faster",
    ),
    "maze": _motif(
        "a circular maze with a bright seed at its heart",
        "maze labyrinth navigation exploration policy path agent problem benchmark puzzle web reinforcement voyager",
    ),
    "gears": _motif(
        "a train of three gears that turns without an engine",
        "gear machine optimization optimizer system pipeline hardware compiler engineering automation training tool "
        "framework scaling fp8 code software",
    ),
    "key": _motif(
        "a key that fits no door",
        "key cryptography encryption secure access unlock retrieval secret authentication kv stealing password",
    ),
    "lock": _motif(
        "a padlock with a dark keyhole",
        "lock privacy private security federated safety safe attack jailbreak protect unlearning toxicity",
    ),
    "fish": _motif(
        "a fish that swims through the air", "fish sea marine swarm ecology biology evolution evolutionary species"
    ),
    "crane": _motif(
        "a folded paper crane", "bird crane paper generation creative flight drone aerial uav autoregressive generate"
    ),
    "cage": _motif(
        "a birdcage with a paper crane waiting inside",
        "cage constraint constrained alignment aligned control bound regularization limits following rejection",
    ),
    "hourglass": _motif(
        "an hourglass with coloured sand",
        "hourglass long-term memory sand age horizon decay wait compression compress compressing context length "
        "long-context long cache recurrent",
    ),
    "cubes": _motif(
        "a staircase of impossible cubes",
        "cube block data dataset tensor matrix low-rank lora quantization discrete modular transformer 3d scene "
        "reconstruction mixture experts",
    ),
    "crystal": _motif(
        "a many-faced crystal",
        "crystal geometry geometric manifold symmetry equivariant algebra polytope material lattice theorem convex "
        "math mathematical theory sparse whitening",
    ),
    "planet": _motif(
        "a ringed planet small enough to hold",
        "planet galaxy star cosmic cosmology black hole dark matter astronomy astrophysics gravitational orbit space "
        "universe telescope world open-world atlas foundation",
    ),
    "molecule": _motif(
        "a honeycomb molecule",
        "molecule molecular chemistry chemical protein drug compound atom reaction catalyst battery li-ion dft",
    ),
    "helix": _motif(
        "a twisting double helix",
        "dna gene genome genomic genetic rna cell biological medicine medical clinical cancer helix chest x-ray "
        "electrocardiographic patient",
    ),
    "ridges": _motif(
        "a mountain range in thin stacked lines",
        "landscape mountain gradient loss bayesian distribution probability stochastic sampling variance statistics "
        "density diffusion convergence flow latent",
    ),
    "horn": _motif(
        "a gramophone horn pouring out sound", "speech audio sound voice music acoustic horn gramophone listen noise"
    ),
    "scales": _motif(
        "a tilted pair of scales",
        "scales balance fairness bias ethics trade-off evaluation judge preference reward rlhf ranking dpo "
        "benchmarking competition",
    ),
    "lens": _motif(
        "a magnifying lens with an eye inside",
        "magnifying lens detect detection analysis interpretability interpreting explain explainable inspect anomaly "
        "explanation attribution zoom extraction",
    ),
    "robot": _motif(
        "a mechanical head with patient round eyes",
        "robot robotic robotics manipulation embodied autonomous humanoid automaton dexterous action gui assistant",
    ),
    "apple": _motif(
        "a huge apple",
        "apple recommendation education teaching teach teacher student curriculum food taste health user "
        "personalization",
    ),
    "wave": _motif(
        "one great curling wave",
        "wave fluid turbulence ocean climate weather quantum frequency fourier wavelet oscillation signal",
    ),
    "mirror": _motif(
        "an oval mirror that shows another sky",
        "mirror self reflection reflect back-translation inverse reverse adversarial duality contrastive imitation "
        "self-supervised self-alignment twin restoration",
    ),
    "umbrella": _motif(
        "an umbrella open under a dry sky",
        "umbrella rain robustness robust uncertainty risk shelter insurance shift",
    ),
    "bulb": _motif(
        "a shining light bulb",
        "bulb idea light energy power electric insight discovery photonic optical lamp zero-shot few-shot in-context",
    ),
    "moon": _motif(
        "a crescent moon",
        "moon night sleep dream hallucination imagination fictitious synthetic factuality shadow",
    ),
}

SCENES: Final = {
    "bust": _scene(
        "From the opened skull of a calm marble bust rises {hero}.",
        "{first} and {second} float beside it, and a tiny walker in a hat passes the plinth.",
        "the plaque of the plinth",
        "head skull bust brain mind thinker philosopher statue",
    ),
    "balloon": _scene(
        "An eye as large as an airship floats over a quiet sea, and in its pupil sits {hero}.",
        "{first} and {second} hang on threads below, and a tiny passenger rides along under an umbrella.",
        "the sign that hangs from its ropes",
        "balloon airship sky aloft",
    ),
    "gentleman": _scene(
        "A gentleman in a bowler hat and a dark suit has, instead of a face, {hero}.",
        "{first} and {second} float at his shoulders; behind him lie a brick wall and the sea.",
        "the placard around his neck",
        "man gentleman bowler suit stranger face portrait",
    ),
    "theatre": _scene(
        "Behind the heavy curtains of a small theatre, {hero} hangs on marionette strings.",
        "{first} and {second} dangle to its left and right, and a row of silhouettes looks on.",
        "the marquee above the stage",
        "theatre theater stage curtain puppet marionette audience actor",
    ),
    "ship": _scene(
        "A folded paper boat crosses a scalloped sea and carries {hero} on its peak.",
        "{first} and {second} float over the water, and a tiny sailor stands on the bow.",
        "the hull of the boat",
        "boat ship sail voyage harbour vessel",
    ),
    "tower": _scene(
        "A round tower of arches climbs out of the desert with {hero} resting on its top.",
        "{first} and {second} float at its sides, and a tiny walker in a hat looks up.",
        "the ribbon wound around the tower",
        "tower babel staircase castle building",
    ),
    "mobile": _scene(
        "A hanging mobile balances {hero} against a few dark leaves and one coloured disc.",
        "{first} and {second} dangle from its other arms, and a tiny walker waits on the chequered floor below.",
        "the plate hung under it",
        "mobile hanging balance calder thread string suspended",
    ),
    "walker": _scene(
        "A chest of drawers strides through the desert on thin long legs with {hero} on its back.",
        "{first} dangles from a rod at its side, {second} floats behind, and a tiny walker keeps its distance.",
        "its widest drawer",
        "leg elephant stilt drawer walking",
    ),
    "book": _scene(
        "An open book lies on an endless chequered floor, and {hero} grows out of its gutter.",
        "{first} and {second} float above the pages, and a tiny walker stands on the margin.",
        "the sign that leans on the pages",
        "book page pop-up",
    ),
    "whale": _scene(
        "A whale swims through the sky over low hills and carries {hero} on its back.",
        "{first} and {second} trail below it on threads, and a tiny walker holds it by a string.",
        "the flank of the whale",
        "whale fish leviathan swimming",
    ),
    "teacup": _scene(
        "On a table in the middle of nowhere, {hero} rises out of a giant cup of tea.",
        "{first} and {second} float in the steam, and a tiny walker stands on the saucer.",
        "the side of the cup",
        "tea cup teacup coffee bowl kitchen",
    ),
    "door": _scene(
        "A door stands alone in a desert and opens on a starry night, where {hero} waits before a full moon.",
        "{first} and {second} float on either side, and a tiny walker hesitates at the steps.",
        "the board above the lintel",
        "door doorway gate threshold portal window",
    ),
    "jar": _scene(
        "A glass bell on a small round table shelters {hero}.",
        "{first} and {second} hang on threads from above, and a tiny walker peers in from the table's edge.",
        "the plate on the wooden base",
        "jar bell glass terrarium bottle specimen museum",
    ),
    "chess": _scene(
        "A chessboard floats among the clouds, and between the pawns stands {hero}.",
        "{first} and {second} drift in the sky, and a tiny walker crosses the squares.",
        "the front edge of the board",
        "chess chessboard pawn game board knight",
    ),
}


def plan_scene(paper: Paper, text: str = "") -> ScenePlan:
    """The plan for a paper: from title and abstract, or from the title and a foreign prompt's `text`.

    A paper whose title has no letter that can be drawn is labelled with its arXiv id.
    """
    hero, *minors = _motifs_for(paper, text)
    rank = paper.listing.rank
    return ScenePlan(
        scene=_scene_for(paper, text),
        hero=hero,
        minors=tuple(minors),
        accent=_shuffled(ACCENTS, paper.listing.day)[rank % len(ACCENTS)],
        label=brief_title(paper.title) or f"arXiv:{paper.id}",
    )


def _shuffled(names: Iterable[str], day: date) -> list[str]:
    """The names in this day's order."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{day} {name}".encode()).digest())


def _scene_for(paper: Paper, text: str) -> str:
    """The scene whose turn it is, or a scene that a foreign prompt names.

    Even and odd ranks draw on different halves of the scenes, so neighbours differ even when prompts name them.
    """
    turns, rank = _shuffled(SCENES, paper.listing.day), paper.listing.rank
    said = _counted(text)
    named = {scene: sum(said[word] for word in SCENES[scene].keywords) for scene in turns[rank % 2 :: 2]}
    favourite = max(named, key=named.__getitem__)
    return favourite if named[favourite] >= 2 else turns[rank % len(turns)]


def _motifs_for(paper: Paper, text: str) -> list[str]:
    """Hero and two minors: what the words call for; among near equals the rank decides, so that lists vary."""
    title, rest = _counted(untex(paper.title)), _counted(text or paper.abstract)
    dice = random.Random(f"{paper.id} {paper.title}")  # noqa: S311 - a drawing needs no secrets
    scores = {}
    for name, motif in MOTIFS.items():
        in_title, in_rest = (min(3, sum(words[key] for key in motif.keywords)) for words in (title, rest))
        scores[name] = 3.0 * in_title + 1.5 * in_rest + 0.5 * dice.random()
    order = sorted(scores, key=scores.__getitem__, reverse=True)
    best = [name for name in order[:3] if scores[name] >= 0.6 * scores[order[0]]]
    if scores[order[0]] < 1:
        best = _shuffled(MOTIFS, paper.listing.day)
    hero = best[paper.listing.rank % len(best)]
    return [hero, *[name for name in order if name != hero][:2]]


def _counted(text: str) -> Counter[str]:
    """How often each word occurs, in lower case and without the s of a plural."""
    words = re.findall(r"[a-z0-9][a-z0-9-]+", text.lower())
    return Counter(form for word in words for form in {word, word.removesuffix("s"), *word.split("-")})
