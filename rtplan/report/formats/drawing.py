"""Figures drawn by matplotlib, as inline SVG or PNG.

The parts of a figure differ in colour (Okabe and Ito's palette, safe for colour-blind eyes) and by a second sign:
line style, marker or hatch, so that it reads in grey. The same data give the same bytes: no date, no random ids, no
setting of the machine's own. matplotlib loads when one is drawn.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from rtplan.clinic.days import add_days
from rtplan.errors import DomainError
from rtplan.report.blocks import Figure
from rtplan.report.language import ENGLISH, Words, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

__all__ = [
    "LOOKS",
    "png",
    "readable",
    "svg",
]


BLACK, ORANGE, SKY, GREEN, YELLOW = "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442"


BLUE, RED, PURPLE, GREY, PALE = "#0072B2", "#D55E00", "#CC79A7", "#7F7F7F", "#E9E9E9"


LOOKS = ((BLUE, "o"), (RED, "s"), (GREEN, "^"), (PURPLE, "D"), (ORANGE, "v"))


WIDTH = 7.2
"""Width of every figure: what A4 leaves between its margins. [inch]"""


_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def svg(figure: Figure, told: Words = ENGLISH) -> str:
    """The figure as an <svg> element to stand inside a page: ids of its own, text as text, no size but its shape.

    DomainError for a figure that nobody knows to draw.
    """
    stream = io.StringIO()
    with _settings(figure, told):
        _drawn(_Key.of(figure, told)).savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return _inlined(stream.getvalue(), figure)


def png(figure: Figure, *, dpi: int = 150, told: Words = ENGLISH) -> bytes:
    """The figure as a PNG file."""
    stream = io.BytesIO()
    with _settings(figure, told):
        _drawn(_Key.of(figure, told)).savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Key:
    """A figure in a language, compared by what it shows."""

    name: str
    data: str
    language: str
    figure: Figure = field(compare=False)
    told: Words = field(compare=False)

    @classmethod
    def of(cls, figure: Figure, told: Words) -> _Key:
        return cls(figure.name, repr(figure.data), told.language, figure, told)


@lru_cache(maxsize=8)
def _drawn(key: _Key) -> Drawing:
    """Drawn once for all forms it is written in; its layout is settled, so that none of them changes it."""
    return _draw(key.figure, key.told)


def _draw(figure: Figure, told: Words) -> Drawing:
    if figure.name not in _DRAWERS:
        raise DomainError(f"figures are {', '.join(_DRAWERS)}; there is none called {figure.name!r}")
    return _DRAWERS[figure.name](figure.data, told) if any(figure.data.values()) else _draw_nothing(told)


_CJK = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei")


_FAMILIES = "'DejaVu Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"


_ONE_AT_A_TIME = threading.RLock()
"""matplotlib's settings are the process's, and a drawing is nobody's alone."""


@contextmanager
def _settings(figure: Figure, told: Words) -> Iterator[None]:
    """matplotlib's own defaults, whatever the machine's settings file says, and ours."""
    import warnings

    import matplotlib as mpl

    with _ONE_AT_A_TIME, mpl.rc_context(), warnings.catch_warnings():
        # Without a Chinese font a PNG shows boxes; an SVG carries the letters, and the reader's browser has the font.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": ["DejaVu Sans", *_chinese(figure, told)],
                "font.size": 8,
                "text.parse_math": False,
                "text.hinting": "none",  # the same widths at every resolution
                "svg.fonttype": "none",
                "svg.hashsalt": figure.name,
                "hatch.linewidth": 0.5,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.titlesize": 8,
                "legend.frameon": False,
            }
        )
        yield


def readable(told: Words) -> bool:
    """Can this machine draw the letters of a language? English always, Chinese with a font that has it."""
    return told is ENGLISH or bool(_fonts())


def _chinese(figure: Figure, told: Words) -> list[str]:
    """The machine's Chinese font, looked for only where the figure has such letters."""
    if told is ENGLISH and all(ord(letter) < 0x2E80 for letter in repr(figure.data)):
        return []
    return _fonts()


def _fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    present = set(fontManager.get_font_names())
    return [name for name in _CJK if name in present][:1]


def _inlined(text: str, figure: Figure) -> str:
    """Only the <svg> element: ids made the figure's own, no fixed size, no metadata, one list of fonts."""
    import xml.etree.ElementTree as ET

    spaces = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}
    for prefix, uri in spaces.items():
        ET.register_namespace(prefix, uri)
    root = ET.fromstring(text)
    for parent in list(root.iter()):
        for child in [child for child in parent if str(child.tag).endswith("}metadata")]:
            parent.remove(child)
    mark = f"{figure.name}-{hashlib.sha256(repr(figure.data).encode('utf-8')).hexdigest()[:8]}-"
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, _attribute(key.rpartition("}")[2], value, mark))
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    return ET.tostring(root, encoding="unicode")


def _attribute(key: str, value: str, mark: str) -> str:
    if key == "id":
        return mark + value
    if key == "href":
        return value.replace("#", f"#{mark}", 1) if value.startswith("#") else value
    value = value.replace("url(#", f"url(#{mark}")
    return re.sub(r"(font(?:-family)?:[^;]*?)'DejaVu Sans'[^;]*", rf"\g<1>{_FAMILIES}", value)


def _canvas(height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Drawing, list[Axes]]:
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(WIDTH, height), layout="constrained")
    drawing.get_layout_engine().set(w_pad=0.07)  # type: ignore[union-attr, call-arg]  # air for the reader's own font
    axes = drawing.subplots(rows, columns, squeeze=False, **options)
    return drawing, list(axes.flat)


def _text(text: str) -> str:
    """Text without control characters. matplotlib drops labels that begin with an underscore: a blank saves them."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return f" {clean}" if clean.startswith("_") else clean


def _draw_nothing(told: Words) -> Drawing:
    drawing, (axes,) = _canvas(0.6)
    axes.set_axis_off()
    axes.text(0.5, 0.5, told("nothing to draw"), ha="center", va="center")
    _settle(drawing)
    return drawing


def _draw_course(data: Mapping[str, Any], told: Words) -> Drawing:
    drawing, (dose, bed) = _canvas(5.4, rows=2, sharex=True, height_ratios=(2, 3))
    for axes in (dose, bed):
        _shade(axes, data["closed"])
        _mark_cycles(axes, data["cycles"], named=axes is dose)
        axes.grid(axis="y", color=PALE, linewidth=0.6)
        axes.set_axisbelow(True)
    for place, (name, days, values) in enumerate(data["doses"]):
        look: dict[str, Any] = _MAIN if place else _BESIDE
        x, y = [data["first"].toordinal() - 0.5, *(day.toordinal() for day in days)], [0.0, *values]
        dose.step(x, y, where="post", color=BLACK if place else GREY, label=_wrapped(name), **look)
    dose.set_ylabel(told("cumulative dose [Gy]"))
    _draw_beds(bed, data["beds"])
    bed.set_ylabel(told("BED [Gy], each at its own α/β"))
    for axes in (dose, bed):
        axes.set_ylim(bottom=0)
    shown = [data["first"], data["last"], *(day for day, _ in data["cycles"])]
    dose.set_xlim(min(shown).toordinal() - 1, max(shown).toordinal() + 1)
    _date_axis(bed, min(shown), max(shown), told)
    _legend(dose, data["closed"], bool(data["cycles"]), told)
    _key(drawing, *bed.get_legend_handles_labels(), loc="outside lower left")
    _settle(drawing)
    _mark_ends(bed, data["beds"])
    return drawing


def _key(drawing: Drawing, handles: Sequence[Any], labels: Sequence[str], *, loc: Side) -> None:
    """A legend outside of the axes, where it covers nothing; in as many columns as the width allows."""
    if labels:
        widest = max(_letters(line) for label in labels for line in label.split("\n"))
        columns = max(1, min(len(labels), _ROOM // (widest + 8)))
        drawing.legend(handles, labels, loc=loc, ncols=columns, fontsize=SMALL)


Side = Literal["outside upper left", "outside lower left"]


_ROOM = 100
"""Letters of small type on a line as wide as a figure, reckoned carefully."""


SMALL = 8
"""Smallest type but in the cells of a strip. [pt] At 640 px, the least width a page gives a figure, it is 9.9 px."""


def _wrapped(text: str, width: int = 60) -> str:
    """A label in lines of at most so many letters; Chinese ones count twice."""
    lines = [""]
    for word in re.findall(rf"[^\s\u2e80-\uffff]{{1,{width}}}\s*|[\u2e80-\uffff]|\s", _text(text)):
        if lines[-1] and _letters(lines[-1] + word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def _settle(drawing: Drawing) -> None:
    """Lay the axes out and leave them there: what is placed by measure afterwards stays where it was placed."""
    drawing.draw_without_rendering()
    drawing.set_layout_engine("none")


_MAIN: dict[str, Any] = {"linestyle": "-", "linewidth": 1.6}


_BESIDE: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 1.1}


def _draw_beds(axes: Axes, beds: Sequence[Mapping[str, Any]]) -> None:
    regions = list(dict.fromkeys(line["region"] for line in beds))
    tracks = list(dict.fromkeys(line["track"] for line in beds))
    for line in beds:
        main = line["track"] == tracks[-1]
        colour, marker = LOOKS[regions.index(line["region"])]
        x = [day.toordinal() for day in line["days"]]
        treated = [k for k, given in enumerate(line["treated"]) if given]
        marks: dict[str, Any] = {**_MAIN, "marker": marker, "markersize": 3.5, "markevery": treated}
        label = _wrapped(line["region"]) if main else None
        axes.plot(x, line["gy"], color=colour, label=label, **(marks if main else _BESIDE))
        if main:  # room for the number at its end
            axes.annotate("000.0", (1.0, 0.0), (3, 0), **_END, color="none")


_END: dict[str, Any] = {
    "xycoords": ("axes fraction", "data"),
    "textcoords": "offset points",
    "va": "center",
    "fontsize": SMALL,
    "annotation_clip": False,
}


def _mark_ends(axes: Axes, beds: Sequence[Mapping[str, Any]]) -> None:
    """The last value of each main line at the right edge, where no line runs; close ones moved apart."""
    for room in list(axes.texts):
        room.remove()
    regions = list(dict.fromkeys(line["region"] for line in beds))
    ends = {line["region"]: line["gy"][-1] for line in beds}  # the main track is the last
    scale = 72 / axes.figure.dpi
    low = -math.inf
    for region, value in sorted(ends.items(), key=lambda entry: entry[1]):
        wanted = float(axes.transData.transform((0, value))[1]) * scale
        low = max(wanted, low + SMALL + 2)
        text = number(value, 1)
        axes.annotate(text, (1.0, value), (3, low - wanted), **_END, color=LOOKS[regions.index(region)][0])


_HATCH = {"weekend": "", "closure": "////"}


def _shade(axes: Axes, closed: Sequence[Mapping[str, Any]]) -> None:
    for run in closed:
        axes.axvspan(
            run["first"].toordinal() - 0.5,
            run["last"].toordinal() + 0.5,
            facecolor="#F3F3F3" if run["kind"] == "weekend" else "#E2E2E2",
            edgecolor="#B5B5B5" if run["kind"] == "closure" or run["provisional"] else "none",
            hatch=_HATCH[run["kind"]] + ("..." if run["provisional"] else ""),
            linewidth=0,
            zorder=0,
        )


def _mark_cycles(axes: Axes, cycles: Sequence[tuple[dt.date, str]], *, named: bool) -> None:
    for day, label in cycles:
        axes.axvline(day.toordinal(), color=PURPLE, linestyle=":", linewidth=1.2, zorder=1)
        if named:
            axes.annotate(
                _text(label),
                (day.toordinal(), 1.0),
                (0, 2),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=SMALL,
            )


def _legend(axes: Axes, closed: Sequence[Mapping[str, Any]], cycles: bool, told: Words) -> None:
    """What lines and shades mean, above the axes."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles, labels = axes.get_legend_handles_labels()
    kinds = {run["kind"] for run in closed}
    if "weekend" in kinds:
        handles.append(Patch(facecolor="#F3F3F3", edgecolor="#B5B5B5", linewidth=0.4))
        labels.append(told("closed weekend"))
    if "closure" in kinds:
        handles.append(Patch(facecolor="#E2E2E2", edgecolor="#B5B5B5", hatch="////", linewidth=0))
        labels.append(told("closure or holiday"))
    if any(run["provisional"] for run in closed):
        handles.append(Patch(facecolor="#F3F3F3", edgecolor="#B5B5B5", hatch="...", linewidth=0))
        labels.append(told("not officially announced"))
    if cycles:
        handles.append(Line2D([], [], color=PURPLE, linestyle=":", linewidth=1.2))
        labels.append(told("day 1 of a chemotherapy cycle"))
    _key(axes.figure, handles, labels, loc="outside upper left")  # type: ignore[arg-type]  # no subfigures here


def _date_axis(axes: Axes, first: dt.date, last: dt.date, told: Words) -> None:
    """Mondays, a few of them where the course is long; written by us, not by the machine's locale."""
    monday = add_days(first, -first.weekday())
    weeks = (last - monday).days // 7 + 1
    ticks = [add_days(monday, 7 * k) for k in range(0, weeks + 1, math.ceil(weeks / 9))]
    ticks = [day for day in ticks if first <= day <= last]
    axes.set_xticks([day.toordinal() for day in ticks], [_day_label(day, told) for day in ticks])
    years = sorted({first.year, last.year})
    axes.set_xlabel(told("%(years)s, Mondays", years="–".join(map(str, years))))


def _day_label(day: dt.date, told: Words) -> str:
    return told("%(day)s %(month)s", day=day.day, month=told(_MONTHS[day.month]))


def _draw_regimens(data: Mapping[str, Any], told: Words) -> Drawing:
    panels = data["panels"]
    names = [_wrapped(name, 34) for panel in panels for name, _, _ in panel["rows"]]
    columns = 1 if max(map(_letters, names)) > _SHORT_NAME else min(2, len(panels))
    lines = math.ceil(len(panels) / columns)
    longest = max(len(panel["rows"]) for panel in panels) * max(name.count("\n") + 1 for name in names)
    drawing, axes = _canvas(0.35 + lines * (1.0 + 0.2 * longest), rows=lines, columns=columns)
    for place, panel in enumerate(panels):
        _bars(axes[place], panel, LOOKS[place % len(LOOKS)][0], title=90 // columns, told=told)
    for spare in axes[len(panels) :]:
        spare.set_axis_off()
    ranges = any(span is not None for panel in panels for _, _, span in panel["rows"])
    _key(drawing, *_signs_of_bars(ranges, told), loc="outside upper left")
    _settle(drawing)
    return drawing


_SHORT_NAME = 16


def _signs_of_bars(ranges: bool, told: Words) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(facecolor="white", edgecolor=BLACK, hatch="////", linewidth=0.5),
        Line2D([], [], color=BLACK, linestyle="--", linewidth=0.9),
    ]
    labels = [told("first regimen"), told("value of the first regimen")]
    if ranges:
        handles.append(Line2D([], [], color=BLACK, marker="|", markersize=6, linewidth=1))
        labels.append(told("ends of the published intervals"))
    return handles, labels


def _bars(axes: Axes, panel: Mapping[str, Any], colour: str, *, title: int, told: Words) -> None:
    names = [_wrapped(name, 34) for name, _, _ in panel["rows"]]
    values = [value for _, value, _ in panel["rows"]]
    y = list(range(len(values)))
    bars = axes.barh(y, values, color=colour, alpha=0.55, edgecolor=BLACK, linewidth=0.5, height=0.7)
    bars[0].set_hatch("////")
    axes.axvline(values[0], color=BLACK, linestyle="--", linewidth=0.9)
    top = max([*values, *(end for _, _, span in panel["rows"] for end in span or ())])
    for place, (_, value, span) in enumerate(panel["rows"]):
        if span is not None:
            axes.plot(span, (place, place), color=BLACK, marker="|", markersize=6, linewidth=1)
        # all in one column, right of every bar, line and whisker
        axes.annotate(number(value), (top, place), (5, 0), textcoords="offset points", va="center", fontsize=SMALL)
    axes.set_yticks(y, names, fontsize=SMALL)
    axes.invert_yaxis()
    axes.set_xlim(0, top * 1.3)
    axes.set_title("\n".join(_wrapped(line, title) for line in panel["title"].split("\n")), loc="left", fontsize=SMALL)
    axes.set_xlabel(told("%(quantity)s [Gy]", quantity=panel["quantity"]), fontsize=SMALL)


def _draw_bed_time(data: Mapping[str, Any], told: Words) -> Drawing:
    return _named(lambda numbered: _bed_time(data, told, numbered))


def _named(draw: Callable[[bool], tuple[Drawing, bool]]) -> Drawing:
    """The points named where they stand; where names find no room, by numbers with a list of the names below."""
    drawing, clear = draw(False)
    return drawing if clear else draw(True)[0]


def _bed_time(data: Mapping[str, Any], told: Words, numbered: bool) -> tuple[Drawing, bool]:
    panels = data["panels"]
    names = list(dict.fromkeys(name for panel in panels for name, *_ in panel["points"]))
    lines = -(-len(names) // _columns(names)) if numbered else 0
    drawing, axes = _canvas(0.4 + 3.0 * len(panels) + 0.16 * lines, rows=len(panels))
    for here, panel, (colour, marker) in zip(axes, panels, itertools.cycle(LOOKS), strict=False):
        for _, days, net, bare in panel["points"]:
            here.plot((days, days), (net, bare), color=GREY, linewidth=0.8, zorder=1)
            here.plot(days, bare, marker=marker, markerfacecolor="white", markeredgecolor=colour, linestyle="none")
            here.plot(days, net, marker=marker, color=colour, linestyle="none")
        here.set_title(_wrapped(panel["title"], 90), loc="left")
        here.set_ylabel("BED [Gy]")
        here.locator_params(axis="x", integer=True)
        here.margins(0.12)
        here.grid(color=PALE, linewidth=0.6)
        here.set_axisbelow(True)
    axes[-1].set_xlabel(told("overall time [d]"))
    _key(drawing, *_signs_of_loss(told), loc="outside upper left")
    marks = _numbers(drawing, names) if numbered else {name: name for name in names}
    _settle(drawing)
    clear = True
    for here, panel in zip(axes, panels, strict=False):
        loss = [((days, net), (days, bare)) for _, days, net, bare in panel["points"]]
        bare_points = [(days, bare) for _, days, _, bare in panel["points"]]
        points = [(marks[name], days, net) for name, days, net, _ in panel["points"]]
        clear &= _label(here, points, bare_points, loss)
    return drawing, clear


def _signs_of_loss(told: Words) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    hollow = Line2D([], [], marker="o", markerfacecolor="white", markeredgecolor=GREY, linestyle="none")
    return [hollow, Line2D([], [], marker="o", color=GREY, linestyle="none"), Line2D([], [], color=GREY)], [
        told("BED without the time factor"),
        told("net BED"),
        told("loss to time"),
    ]


def _columns(names: Sequence[str]) -> int:
    """Of a list of names below a figure."""
    return 2 if max(_letters(name) for name in names) <= _ROOM // 2 - 12 else 1


def _numbers(drawing: Drawing, names: Sequence[str]) -> dict[str, str]:
    """Number the names, and write the list of them below the figure."""
    from matplotlib.lines import Line2D

    nothing = [Line2D([], [], linestyle="none") for _ in names]
    labels = [f"{k}  {_wrapped(name, 90)}" for k, name in enumerate(names, start=1)]
    drawing.legend(
        nothing,
        labels,
        loc="outside lower left",
        ncols=_columns(names),
        fontsize=SMALL,
        handlelength=0,
        handletextpad=0,
    )
    return {name: str(k) for k, name in enumerate(names, start=1)}


_Segment = tuple[tuple[float, float], tuple[float, float]]


def _label(
    axes: Axes,
    points: Sequence[tuple[str, float, float]],
    others: Sequence[tuple[float, float]] = (),
    lines: Sequence[_Segment] = (),
) -> bool:
    """Labels beside their points, where they cover neither points, nor others, nor lines, nor each other.

    Points of one place share a label. The layout must be settled. False where a label found no room of its own.
    """
    groups: dict[tuple[float, float], list[str]] = {}
    for name, x, y in points:
        groups.setdefault((round(x, 6), round(y, 6)), []).append(name)
    spots = {at: _spot(axes, at) for at in (*groups, *others)}
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in spots.values()]
    taken += [box for start, end in lines for box in _along(_spot(axes, start), _spot(axes, end))]
    scale = 72 / axes.figure.dpi
    (left, low), (right, high) = ((float(x) * scale, float(y) * scale) for x, y in axes.bbox.get_points())
    clear = True
    for at, names in sorted(groups.items()):
        text = _text(",\n".join(", ".join(names[k : k + 3]) for k in range(0, len(names), 3)))
        width, height = _measured(axes, text)
        boxes = [_box(spots[at], way, width, height) for way in _WAYS]
        cost = [_cost(box, taken, (left, low, right, high)) for box in boxes]
        best = cost.index(min(cost))
        clear &= cost[best] <= 0
        taken.append(boxes[best])
        _write_label(axes, text, at, spots[at], boxes[best], line=best >= _CLOSE)
        if best >= _CLOSE:
            middle = ((boxes[best][0] + boxes[best][2]) / 2, (boxes[best][1] + boxes[best][3]) / 2)
            taken += _along(spots[at], middle)
    return clear


def _write_label(
    axes: Axes, text: str, at: tuple[float, float], spot: tuple[float, float], box: _Box, line: bool
) -> None:
    offset = ((box[0] + box[2]) / 2 - spot[0], (box[1] + box[3]) / 2 - spot[1])
    axes.annotate(
        text,
        at,
        offset,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SMALL,
        annotation_clip=False,
        arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3} if line else None,
        zorder=5,
    )


def _spot(axes: Axes, at: tuple[float, float]) -> tuple[float, float]:
    """Where a point of the data stands on the paper. [pt]"""
    scale = 72 / axes.figure.dpi
    x, y = axes.transData.transform(at)
    return float(x) * scale, float(y) * scale


def _along(start: tuple[float, float], end: tuple[float, float]) -> list[_Box]:
    """A line as small boxes, one behind the other."""
    steps = max(1, math.ceil(math.dist(start, end) / 2))
    spots = [tuple(a + (b - a) * k / steps for a, b in zip(start, end, strict=True)) for k in range(steps + 1)]
    return [(x - 1, y - 1, x + 1, y + 1) for x, y in spots]


def _measured(axes: Axes, text: str) -> tuple[float, float]:
    """Width and height of a label, with a little air. [pt]"""
    probe = axes.text(0, 0, text, fontsize=SMALL)
    extent = probe.get_window_extent()
    probe.remove()
    scale = 72 / axes.figure.dpi
    return float(extent.width) * scale + 2, float(extent.height) * scale + 2


_Box = tuple[float, float, float, float]


_CLOSE = 4


_WAYS = tuple(
    (x * r, y * r)
    for r in (6.0, 14.0, 24.0, 36.0, 50.0)
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
    if r > 6 or 0 in (x, y)
)
"""Where a label may stand from its point, the nearest first; the first four need no line. [pt]"""


def _box(spot: tuple[float, ...], way: tuple[float, float], width: float, height: float) -> _Box:
    """The label's rectangle: its near edge so far from the point."""
    across, up = ((way[k] > 0) - (way[k] < 0) for k in (0, 1))
    x = spot[0] + way[0] + (across - 1) * width / 2
    y = spot[1] + way[1] + (up - 1) * height / 2
    return (x, y, x + width, y + height)


def _cost(box: _Box, taken: Sequence[_Box], inside: _Box) -> float:
    """Area over what is there already, and what sticks out of the axes."""
    covered = math.fsum(_overlap(box, other) for other in taken)
    area = (box[2] - box[0]) * (box[3] - box[1])
    return round(covered + area - _overlap(box, inside), 3)


def _overlap(one: _Box, other: _Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _letters(text: str) -> int:
    """Width of a text in letters; Chinese ones count twice."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _draw_options(data: Mapping[str, Any], told: Words) -> Drawing:
    return _named(lambda numbered: _options(data, told, numbered))


def _options(data: Mapping[str, Any], told: Words, numbered: bool) -> tuple[Drawing, bool]:
    names = list(dict.fromkeys(label for label, *_ in data["points"]))
    lines = -(-len(names) // _columns(names)) if numbered else 0
    drawing, (axes,) = _canvas(max(3.8, 0.2 * len(names)) + 0.16 * lines)
    for broken, marker, colour, text in ((False, "o", BLUE, told("option")), (True, "x", RED, told("breaks a rule"))):
        chosen = [(x, y) for _, x, y, breaks in data["points"] if breaks is broken]
        if chosen:
            axes.plot(*zip(*chosen, strict=True), marker=marker, color=colour, linestyle="none", label=text, zorder=3)
    axes.margins(0.15)
    steps = _front(axes, data["front"], told) if data["front"] else []
    for place in (axes.axhline, axes.axvline):
        place(0, color=GREY, linewidth=0.6)
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(told("tumour deficit, net BED [Gy]"))
    axes.set_ylabel(told("late excess, BED [Gy]"))
    _key(drawing, *axes.get_legend_handles_labels(), loc="outside upper left")
    marks = _numbers(drawing, names) if numbered else {name: name for name in names}
    _settle(drawing)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    zero = [((left, 0.0), (right, 0.0)), ((0.0, low), (0.0, high))]
    return drawing, _label(axes, [(marks[label], x, y) for label, x, y, _ in data["points"]], (), [*steps, *zero])


def _front(axes: Axes, front: Sequence[tuple[float, float]], told: Words) -> list[_Segment]:
    """Rings about the unbeaten, and the line above and right of which everything is beaten; its pieces."""
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    x, y = [front[0][0], *(x for x, _ in front), right], [top, *(y for _, y in front), front[-1][1]]
    axes.plot(
        *zip(*front, strict=True),
        marker="o",
        markersize=10,
        markerfacecolor="none",
        markeredgecolor=BLACK,
        linestyle="none",
        label=told("no other beats it in both"),
    )
    axes.step(x, y, where="post", color=BLACK, linewidth=1, linestyle="--", label=told("right of and above: beaten"))
    axes.set_xlim(right=right)
    axes.set_ylim(top=top)
    corners = [(x[0], y[0])]
    for place in range(1, len(x)):
        corners += [(x[place], y[place - 1]), (x[place], y[place])]
    return list(itertools.pairwise(corners))


def _draw_start_strip(data: Mapping[str, Any], told: Words) -> Drawing:
    days = data["days"]
    months = list(dict.fromkeys((day.year, day.month) for day, *_ in days))
    drawing, (axes,) = _canvas(1.15 + 0.27 * len(months))
    times = [time for _, time, _, _ in days if time is not None]
    low, high = (min(times), max(times)) if times else (0, 1)
    no_start = []
    for day, time, provisional, best in days:
        at = (day.day - 0.5, months.index((day.year, day.month)) - 0.5)
        if time is None:
            no_start.append(at)
        else:
            _start_cell(axes, at, time, (low, high), best=best, provisional=provisional)
    _no_start(axes, no_start)
    axes.set_xlim(0.4, 31.6)
    axes.set_ylim(len(months) - 0.4, -0.6)
    axes.set_xticks(range(1, 32), [str(k) for k in range(1, 32)], fontsize=7)
    axes.set_xlabel(told("day of the month"))
    axes.set_yticks(
        range(len(months)),
        [told("%(month)s %(year)s", month=told(_MONTHS[month]), year=year) for year, month in months],
        fontsize=SMALL,
    )
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(told("overall time [d], %(low)s (light) to %(high)s (dark)", low=low, high=high), loc="left")
    _key(drawing, *_signs_of_days(days, told), loc="outside lower left")
    _settle(drawing)
    return drawing


def _signs_of_days(days: Sequence[Sequence[Any]], told: Words) -> tuple[list[Any], list[str]]:
    """Of a strip: only the signs that it has."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    signs = (
        (
            any(time is None for _, time, _, _ in days),
            Patch(facecolor="white", edgecolor="#C8C8C8", hatch="////", linewidth=0.3),
            told("no possible start"),
        ),
        (any(best for *_, best in days), Patch(fill=False, edgecolor=RED, linewidth=1.8), told("best start")),
        (
            any(time is not None and unsure for _, time, unsure, _ in days),
            Line2D([], [], marker=".", markersize=4, color=BLACK, linestyle="none"),
            told("depends on holidays not announced"),
        ),
    )
    shown = [(handle, label) for there, handle, label in signs if there]
    return [handle for handle, _ in shown], [label for _, label in shown]


def _no_start(axes: Axes, cells: Sequence[tuple[float, float]]) -> None:
    """One hatched path for all days without a start: a year of single ones weighs a hundred kilobytes."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if cells:
        path = Path.make_compound_path(
            *(Path([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]) for x, y in cells)
        )
        axes.add_patch(PathPatch(path, facecolor="white", edgecolor="#C8C8C8", hatch="////", linewidth=0.3))


def _start_cell(
    axes: Axes, at: tuple[float, float], time: int, bounds: tuple[int, int], *, best: bool, provisional: bool
) -> None:
    import matplotlib as mpl
    from matplotlib.patches import Rectangle

    share = (time - bounds[0]) / max(1, bounds[1] - bounds[0])
    colour = mpl.colormaps["cividis_r"](0.05 + 0.95 * share)
    axes.add_patch(Rectangle(at, 1, 1, facecolor=colour, edgecolor="white", linewidth=0.6, clip_on=False))
    if best:
        inner = (at[0] + 0.06, at[1] + 0.06)
        axes.add_patch(Rectangle(inner, 0.88, 0.88, fill=False, edgecolor=RED, linewidth=1.8, zorder=3))
    grey = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    ink = BLACK if grey > 0.5 else "white"
    axes.text(at[0] + 0.5, at[1] + 0.55, str(time), ha="center", va="center", fontsize=7, color=ink, zorder=4)
    if provisional:
        axes.plot(at[0] + 0.85, at[1] + 0.2, marker=".", markersize=3, color=ink)


def _draw_prolongation(data: Mapping[str, Any], told: Words) -> Drawing:
    drawing, (axes,) = _canvas(2.6)
    axes.bar([days for days, _ in data["bars"]], [count for _, count in data["bars"]], color=BLUE, width=0.8)
    axes.locator_params(axis="both", integer=True)
    axes.set_xlabel(told("prolongation [d]"))
    axes.set_ylabel(told("courses"))
    return drawing


def _draw_lost(data: Mapping[str, Any], told: Words) -> Drawing:
    drawing, (axes,) = _canvas(2.8)
    for place, (_, (low, first, middle, third, high)) in enumerate(data["months"]):
        axes.plot([place, place], [low, high], color=BLUE, linewidth=0.8)
        axes.plot([place, place], [first, third], color=BLUE, linewidth=4, solid_capstyle="butt")
        axes.plot(place, middle, marker="o", color=RED, markersize=4)
    months = [month for month, _ in data["months"]]
    axes.set_xticks(range(len(months)), months, rotation=90, fontsize=6)
    axes.set_ylabel(told("net BED lost [Gy]"))
    return drawing


_DRAWERS: dict[str, Callable[[Mapping[str, Any], Words], Drawing]] = {
    "course": _draw_course,
    "regimens": _draw_regimens,
    "bed_time": _draw_bed_time,
    "options": _draw_options,
    "start_strip": _draw_start_strip,
    "prolongation": _draw_prolongation,
    "lost": _draw_lost,
}
