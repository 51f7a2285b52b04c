"""The SVG of a drawing: valid, in layers, of single strokes that nothing covers, and close to the picture."""

import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from frontispiece.lineart.composition import Composition, Sky
from frontispiece.lineart.drawing import draw
from frontispiece.lineart.geometry import Box
from frontispiece.lineart.pen import Pen, Tone
from frontispiece.lineart.scenery import Sheet
from frontispiece.lineart.vector import to_svg
from frontispiece.models import ScenePlan

SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
ACCENT, INK = "#224eb0", "#18171e"
Stroke = tuple[str, float, list[tuple[float, float]]]
"""A colour, a width in pixels, and points in pixels."""


def plan(scene: str, label: str = "Attention Is All You Need") -> ScenePlan:
    return ScenePlan(scene=scene, hero="fish", minors=("key", "crane"), accent=ACCENT, label=label)


def strokes(svg: bytes) -> list[Stroke]:
    """What a plotter would draw. Whatever it could not draw fails."""
    found = []
    layers = ET.fromstring(svg).findall(f"{SVG}g")  # noqa: S314 our own
    for layer in layers:
        assert layer.get("fill") == "none"
        for group in layer:
            for path in group:
                assert path.tag == f"{SVG}path"
                assert path.keys() == ["d"]
                for data in filter(None, re.split("(?=M)", path.get("d", ""))):
                    numbers = [int(number) / 10 for number in re.findall(r"-?\d+", data)]
                    if "h" in data:
                        assert re.fullmatch(r"M-?\d+ -?\d+h-?\d+", data)
                        x, y, across = numbers
                        points = [(x, y), (x + across, y)]
                    else:
                        assert re.fullmatch(r"M-?\d+ -?\d+L(-?\d+ -?\d+ ?)+", data)
                        points = list(zip(numbers[::2], numbers[1::2], strict=True))
                    found.append((layer.get("stroke", ""), int(group.get("stroke-width", "")) / 10, points))
    return found


def drawn(pen: Pen) -> list[Stroke]:
    return strokes(to_svg(pen.display, ACCENT, "A title"))


def test_it_is_an_svg_of_a_physical_size_with_a_layer_for_each_colour() -> None:
    root = ET.fromstring(draw(plan("ship", label='Is A < B & "C"?'), 3).svg)  # noqa: S314 our own
    assert root.tag == f"{SVG}svg"
    assert {name: root.get(name) for name in ("width", "height", "viewBox")} == {
        **{"width": "192mm", "height": "256mm", "viewBox": "0 0 7680 10240"},
    }
    title, *layers = root
    assert (title.tag, title.text) == (f"{SVG}title", 'Is A < B & "C"?')
    assert [(layer.get(f"{INKSCAPE}label"), layer.get("stroke")) for layer in layers] == [
        ("1 accent", ACCENT),
        ("2 ink", INK),
    ]
    assert {layer.get(f"{INKSCAPE}groupmode") for layer in layers} == {"layer"}
    assert all(len(layer) for layer in layers)


def seen(picture: Image.Image) -> Image.Image:
    return picture.convert("L").resize((48, 64), Image.Resampling.BOX)


@pytest.mark.parametrize(("scene", "seed"), [("theatre", 5), ("gentleman", 1), ("ship", 2), ("chess", 8)])
def test_drawn_with_pens_it_looks_like_the_picture(scene: str, seed: int) -> None:
    drawing = draw(plan(scene), seed)
    sheet = Image.new("RGB", (768, 1024), "white")
    pens = ImageDraw.Draw(sheet)
    for colour, width, points in strokes(drawing.svg):
        assert all(-3 <= x <= 771 and -3 <= y <= 1027 for x, y in points)
        pens.line(points, colour, max(1, round(width)))
    with Image.open(io.BytesIO(drawing.png)) as picture:
        differences = ImageChops.difference(seen(sheet), seen(picture))
    assert ImageStat.Stat(differences).mean[0] < 8  # two pictures of one scene differ by more than 10


LINE = [(100.0, 100.0), (300.0, 100.0)]
BOX = Box(150, 50, 250, 150).corners()


def test_a_stroke_ends_where_an_area_covers_it_and_goes_on_beyond() -> None:
    pen = Pen(1)
    pen.stroke(LINE, 2)
    pen.fill(BOX)
    (_, width, first), (_, _, second) = drawn(pen)
    assert width == pytest.approx(2, abs=0.2)
    assert [first[0][0], first[-1][0], second[0][0], second[-1][0]] == pytest.approx([100, 150, 250, 300], abs=2)


def test_a_stroke_upon_an_area_is_whole() -> None:
    pen = Pen(1)
    pen.fill(BOX)
    pen.stroke(LINE, 2)
    ((_, _, points),) = drawn(pen)
    assert (points[0][0], points[-1][0]) == pytest.approx((100, 300), abs=2)


def test_what_lies_off_the_page_is_not_drawn() -> None:
    pen = Pen(1)
    pen.tick((-50, -50), (-20, -20))
    pen.tick((40, 1000), (40, 1060))
    ((_, _, points),) = drawn(pen)
    assert max(y for _, y in points) == pytest.approx(1024, abs=2)


def test_an_area_is_an_outline_and_rows_and_covers_what_is_below() -> None:
    pen = Pen(1)
    pen.stroke(LINE, 2)
    pen.fill(BOX, Tone.ACCENT)
    pen.dot(200, 100, 20, Tone.PAPER)
    mine = [points for colour, _, points in drawn(pen) if colour == ACCENT]
    (outline,) = [points for points in mine if len(points) > 2]
    assert {(150, 50), (250, 150)} <= set(outline)
    rows = [points for points in mine if len(points) == 2]
    assert len({y for (_, y), _ in rows}) == pytest.approx(100 / 3, abs=2)
    assert sum(abs(a - b) for (a, _), (b, _) in rows) == pytest.approx((100 * 100 - 3.14 * 20**2) / 3, rel=0.1)


def test_paper_that_is_narrow_cuts_areas_alone_and_paper_that_is_broad_covers_strokes() -> None:
    for width, lines in ((2.0, 1), (12.0, 2)):
        pen = Pen(1)
        pen.stroke(LINE, 4)
        pen.stroke([(200, 50), (200, 150)], width, Tone.PAPER, wobble=0)
        assert len(drawn(pen)) == lines


def test_dots_are_points_and_large_ones_areas() -> None:
    pen = Pen(1)
    pen.dot(50, 60, 1.5)
    pen.dot(90, 60, 8)
    (colour, width, points), *circle = [stroke for stroke in drawn(pen) if stroke[2][0][0] < 60] + [
        stroke for stroke in drawn(pen) if stroke[2][0][0] > 60
    ]
    assert (colour, width, points) == (INK, pytest.approx(3, abs=0.25), [(50, 60), (50, 60)])
    assert len(circle) > 3


def test_a_rim_keeps_other_strokes_away() -> None:
    pen = Pen(1)
    pen.stroke(LINE, 2)
    start = len(pen.display)
    pen.stroke([(200, y) for y in range(50, 150, 5)], 2, wobble=0)
    Sheet(pen, "apple", ("key", "crane"), "L", Composition(sky=Sky.LINES)).halo(start)
    _, before, after = sorted(drawn(pen), key=lambda stroke: -len(stroke[2]))
    ends = sorted([*(x for x, _ in before[2]), *(x for x, _ in after[2])])
    gap = max(b - a for a, b in pairwise(ends))
    assert 9 <= gap <= 16


def test_a_mirrored_page_is_turned() -> None:
    pen = Pen(1)
    pen.fill(BOX, Tone.INK)
    pen.stroke(LINE, 2)
    straight = strokes(to_svg(pen.display, ACCENT, ""))
    turned = strokes(to_svg(pen.display, ACCENT, "", mirrored=True))
    assert [(y, round(768 - x, 1)) for *_, points in turned for x, y in points] == [
        (y, pytest.approx(x, abs=0.11)) for *_, points in straight for x, y in points
    ]


@pytest.mark.parametrize("shift", range(4))
def test_a_long_line_keeps_its_corners(shift: int) -> None:
    """Wherever its points lie; the hand strays less than two pixels."""
    pen = Pen(1)
    corners = [(103.0 + shift, 200.0), (403.0, 200.0 + 2 * shift), (405.0, 391.0), (100.0, 400.0 - shift)]
    pen.stroke(corners, 2.4, closed=True)
    points = [point for _, _, line in drawn(pen) for point in line]
    for corner in corners:
        assert min(abs(complex(*corner) - complex(*point)) for point in points) < 2, corner
