"""The plan of a drawing: labels, rotation, and the choice of motifs."""

import string
from datetime import date, timedelta
from itertools import pairwise

import pytest
from helpers.papers import paper
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.lineart.label import LABEL_LIMIT, drawable, untex
from frontispiece.lineart.motifs import MOTIFS as DRAWN_MOTIFS
from frontispiece.lineart.plan import ACCENTS, MOTIFS, SCENES, brief_title, plan_scene
from frontispiece.lineart.scenes import SCENES as DRAWN_SCENES
from frontispiece.models import ScenePlan

DAY = date(2024, 10, 31)
LOOSE = frozenset(("a", "an", "and", "can", "for", "is", "of", "the", "with"))


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("ROCKET-1: Master Open-World Interaction", "ROCKET-1"),
        ("Neural Fields in Robotics: A Survey", "Neural Fields in Robotics"),
        ("R1: Incentivizing Reasoning", "R1: Incentivizing Reasoning"),
        ("T5: Exploring the Limits of Transfer Learning with a Unified Transformer", "T5"),
        (r"$\pi_0$: A Vision-Language-Action Flow Model for General Robot Control", "π₀"),
        (r"Sorting in $O(n\log n)$ Time on a Noisy Quantum Computer", "Sorting in O(n log n) Time"),
        (r"Measurement of the $B_s \to \mu^+\mu^-$ Branching Fraction with LHCb", "Bs → μ⁺μ⁻ Branching Fraction"),
        ("Is Next-Token Language Modeling All You Need for General Intelligence", "Next-Token Language Modeling"),
        (
            "A Comprehensive Survey of Graph Neural Networks for Traffic Forecasting and More",
            "Graph Neural Networks",
        ),
        (
            "Can Language Models Really Understand Causality in Complex Multi-Agent Settings?",
            "Language Models Really Understand Causality?",
        ),
        ("Поиск бозона Хиггса", "Поиск бозона Хиггса"),
        ("Bielik 7B v0.1 -- A Polish Language Model", "Bielik 7B v0.1"),
        ("Attention Is All You Need", "Attention Is All You Need"),
        ("What is Attention For?", "What is Attention For?"),
        ("Is Attention All You Need? A Study of Cost", "Is Attention All You Need?"),
        (
            "Constraint Back-translation Improves Complex Instruction Following of Large Language Models",
            "Constraint Back-translation",
        ),
        (
            "Fictitious Synthetic Data Can Improve LLM Factuality via Prerequisite Learning",
            "Fictitious Synthetic Data",
        ),
        (
            "What Happened in LLMs Layers when Trained for Fast vs. Slow Thinking: A Gradient Perspective",
            "What Happened in LLMs Layers",
        ),
        (
            "Leveraging Skills from Unlabeled Prior Data for Efficient Online Exploration",
            "Leveraging Skills from Unlabeled Prior Data",
        ),
        ("Stealing User Prompts from Mixture of Experts", "Stealing User Prompts"),
        (
            "Teaching Embodied Reinforcement Learning Agents: Informativeness and Diversity",
            "Embodied Reinforcement Learning Agents",
        ),
        (
            "A Pointer Network-based Approach for Joint Extraction and Detection of Intents",
            "Pointer Network-based Approach",
        ),
        ("Top-$nσ$: Not All Logits Are You Need", "Top-nσ"),
        (r"Top-$n\sigma$: Not All Logits Are You Need", "Top-nσ"),
        (r"$\alpha$-stable Processes", "α-stable Processes"),
        (r"$\nabla^2$DFT: A Universal Dataset", "∇²DFT"),
        ("LLäMmlein: Compact Models from Scratch", "LLäMmlein"),
        (r"Poincar\'e meets Erd\H{o}s", "Poincaré meets Erdős"),
        ("WikiNER 中文: a corpus", "WikiNER"),
        ("基于大模型的中文分词", ""),
        ("?!", ""),
        ("x" * 80, ""),
        ("", ""),
    ],
    ids=lambda value: value[:24] or "empty",
)
def test_brief_title(title: str, label: str) -> None:
    assert brief_title(title) == label


@given(st.text() | st.text(string.printable, max_size=200))
def test_a_label_is_short_drawable_and_made_of_whole_words(title: str) -> None:
    label = brief_title(title)
    assert len(label) <= LABEL_LIMIT
    assert drawable(label) == label
    assert label == "" or any(map(str.isalnum, label))
    words = {word.strip(" ,;:-.?") for word in drawable(untex(title)).split()}
    assert all(word.strip(" ,;:-.?") in words for word in label.split())


WORDS = [*sorted(LOOSE), "graph", "neural", "networks", "learning", "robust", "deep"]


@given(st.lists(st.sampled_from(WORDS), min_size=12, max_size=30))
def test_a_shortened_title_never_ends_on_a_small_word(words: list[str]) -> None:
    title = " ".join(words)
    label = brief_title(title)
    if len(title) > LABEL_LIMIT and set(label.split()) - LOOSE:
        assert label.split()[-1] not in LOOSE


@pytest.mark.parametrize(
    ("tex", "letters"),
    [
        (r"Caf\'{e} \c{c}a na\"{\i}ve", "Café ça naïve"),
        (r"\L\'od\'z \o re stra\ss e", "Łódź øre straße"),
        (r"$\mathcal{N}=4$ SYM on $\mathbb{R}^3$", "N=4 SYM on R³"),
        (r"$\varepsilon$ and $\Lambda$CDM", "ε and ΛCDM"),
        (r"$\text{Bi}_2\text{Te}_3$ at 5\% \& more", "Bi₂Te₃ at 5% & more"),
        (r"$k$-means", "k-means"),
        ("snake_case at $5", "snake_case at $5"),
    ],
)
def test_untex(tex: str, letters: str) -> None:
    assert untex(tex) == letters


def test_an_undrawable_title_gives_the_arxiv_id() -> None:
    assert plan_scene(paper("2410.00007", "基于大模型的中文分词")).label == "arXiv:2410.00007"


@pytest.mark.parametrize("day", [DAY + timedelta(days=n) for n in range(5)], ids=str)
def test_a_list_shows_every_scene_and_neighbours_differ(day: date) -> None:
    plans = [plan_scene(paper(rank=rank, day=day)) for rank in range(60)]
    assert {plan.scene for plan in plans[:14]} == set(SCENES)
    for one, next_one in pairwise(plans):
        assert one.scene != next_one.scene
        assert one.accent != next_one.accent


def test_days_have_their_own_order() -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    assert len({tuple(plan_scene(paper(rank=rank, day=day)).scene for rank in range(14)) for day in days}) == 4


@given(st.integers(0, 500), st.lists(st.sampled_from([w for s in SCENES.values() for w in sorted(s.keywords)])))
def test_neighbours_differ_even_when_foreign_prompts_name_scenes(rank: int, words: list[str]) -> None:
    text = " ".join(words)
    assert plan_scene(paper(rank=rank), text).scene != plan_scene(paper(rank=rank + 1), text).scene


def test_a_foreign_prompt_can_name_the_scene() -> None:
    text = "Inside a theatre, behind the heavy curtains of the stage, a puppet waits for its audience."
    assert "theatre" in {plan_scene(paper(rank=rank), text).scene for rank in (0, 1)}


@pytest.mark.parametrize(
    ("title", "hero"),
    [
        ("Genome Assembly of Cancer Cells", "helix"),
        ("Speech and Music in One Audio Model", "horn"),
        ("Maze Navigation", "maze"),
        ("Quantum Wave Turbulence", "wave"),
        ("Observation of Gravitational Waves from a Binary Black Hole Merger", "blackhole"),
        ("ROCKET-1: Master Open-World Interaction with Visual-Temporal Context Prompting", "rocket"),
        ("Teach Multimodal LLMs to Comprehend Electrocardiographic Images", "heart"),
        ("A Large Language Model for Batteries", "battery"),
    ],
)
def test_the_papers_words_choose_the_hero(title: str, hero: str) -> None:
    assert plan_scene(paper(title=title)).hero == hero


def test_the_abstract_counts_too_unless_there_is_a_prompt() -> None:
    about_scales = paper(title="Untitled Work", abstract="Fairness and bias: a balance of ethics.")
    assert plan_scene(about_scales).hero == "scales"
    assert plan_scene(about_scales, "A great molecule made of atoms, protein and chemistry").hero == "molecule"


def test_the_best_motif_leads_whatever_the_rank() -> None:
    assert {plan_scene(paper(title="Cancer Genomes in Graphs", rank=rank)).hero for rank in range(6)} == {"helix"}


def test_papers_that_call_for_nothing_do_not_get_the_same_hero() -> None:
    assert len({plan_scene(paper(title="Untitled", rank=rank)).hero for rank in range(14)}) == 14


def test_a_phrase_is_read_whole() -> None:
    assert plan_scene(paper(title="Accretion onto a Black Hole", abstract="")).hero == "blackhole"
    assert plan_scene(paper(title="Hole Doping of Black Phosphorus", abstract="")).hero != "blackhole"


@pytest.mark.parametrize(
    ("title", "scenes"),
    [
        ("Mean-Field Games of Two Players", {"chess", "theatre", "mobile"}),
        ("Protein Design for Cancer Medicine", {"jar", "bust"}),
        ("Multi-turn Dialogue and Role-Play", {"theatre", "gentleman", "chess"}),
        ("Legged Robots", {"gentleman", "walker"}),
    ],
)
def test_the_scene_follows_the_paper(title: str, scenes: set[str]) -> None:
    assert {plan_scene(paper(title=title, abstract="", rank=rank)).scene for rank in range(6)} <= scenes


@given(st.text(max_size=80), st.text(max_size=300), st.integers(0, 200))
def test_a_plan_is_complete_and_deterministic(title: str, text: str, rank: int) -> None:
    plan = plan_scene(paper(title=title, rank=rank), text)
    assert plan == plan_scene(paper(title=title, rank=rank), text)
    assert plan == ScenePlan.model_validate_json(plan.model_dump_json())
    assert plan.scene in SCENES
    assert plan.accent in ACCENTS
    assert len({plan.hero, *plan.minors}) == 3
    assert {plan.hero, *plan.minors} <= set(MOTIFS)
    assert 0 < len(plan.label) <= LABEL_LIMIT


def test_everything_that_can_be_planned_can_be_drawn() -> None:
    assert MOTIFS.keys() == DRAWN_MOTIFS.keys()
    assert SCENES.keys() == DRAWN_SCENES.keys()


@pytest.mark.parametrize("name", SCENES)
def test_a_scenes_sentences_have_places_for_its_motifs(name: str) -> None:
    def fields(template: str) -> list[str]:
        return [field for _, field, _, _ in string.Formatter().parse(template) if field]

    assert fields(SCENES[name].sentence) == ["hero"]
    assert fields(SCENES[name].company) == ["first", "second"]
