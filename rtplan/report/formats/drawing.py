"""Figures drawn by matplotlib, as inline SVG or PNG.

The parts of a figure differ in colour (Okabe and Ito's palette, safe for colour-blind eyes) and by a second sign:
line style, marker or hatch, so that it reads in grey. The same data give the same bytes: no date, no random ids, no
setting of the machine's own. matplotlib loads when one is drawn.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
        _draw(figure, told).savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return _inlined(stream.getvalue(), figure)


def png(figure: Figure, *, dpi: int = 150, told: Words = ENGLISH) -> bytes:
    """The figure as a PNG file."""
    stream = io.BytesIO()
    with _settings(figure, told):
        _draw(figure, told).savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    return stream.getvalue()


def _draw(figure: Figure, told: Words) -> Drawing:
    if figure.name not in _DRAWERS:
        raise DomainError(f"figures are {', '.join(_DRAWERS)}; there is none called {figure.name!r}")
    return _DRAWERS[figure.name](figure.data, told) if any(figure.data.values()) else _draw_nothing(told)


_CJK = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei")


_FAMILIES = "'DejaVu Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"


@contextmanager
def _settings(figure: Figure, told: Words) -> Iterator[None]:
    """matplotlib's own defaults, whatever the machine's settings file says, and ours."""
    import warnings

    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # Without a Chinese font a PNG shows boxes; an SVG carries the letters, and the reader's browser has the font.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": ["DejaVu Sans", *_chinese(figure, told)],
                "font.size": 8,
                "text.parse_math": False,
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
    return drawing


def _draw_course(data: Mapping[str, Any], told: Words) -> Drawing:
    drawing, (dose, bed) = _canvas(5.0, rows=2, sharex=True, height_ratios=(2, 3))
    for axes in (dose, bed):
        _shade(axes, data["closed"])
        _mark_cycles(axes, data["cycles"], named=axes is dose)
        axes.grid(axis="y", color=PALE, linewidth=0.6)
        axes.set_axisbelow(True)
    for place, (name, days, values) in enumerate(data["doses"]):
        look: dict[str, Any] = _MAIN if place else _BESIDE
        x, y = [data["first"].toordinal() - 0.5, *(day.toordinal() for day in days)], [0.0, *values]
        dose.step(x, y, where="post", color=BLACK if place else GREY, label=_text(name), **look)
    dose.set_ylabel(told("cumulative dose [Gy]"))
    _draw_beds(bed, data["beds"])
    bed.set_ylabel(told("BED [Gy], each at its own α/β"))
    for axes in (dose, bed):
        axes.set_ylim(bottom=0)
    shown = [data["first"], data["last"], *(day for day, _ in data["cycles"])]
    dose.set_xlim(min(shown).toordinal() - 1, max(shown).toordinal() + 1)
    _date_axis(bed, min(shown), max(shown), told)
    _legend(dose, data["closed"], told)
    return drawing


_PLATE = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6}
"""Behind a label, so that no line strikes it through."""


_MAIN: dict[str, Any] = {"linestyle": "-", "linewidth": 1.6}


_BESIDE: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 1.1}


def _draw_beds(axes: Axes, beds: Sequence[Mapping[str, Any]]) -> None:
    regions = list(dict.fromkeys(line["region"] for line in beds))
    tracks = list(dict.fromkeys(line["track"] for line in beds))
    for line in beds:
        place = regions.index(line["region"])
        main = line["track"] == tracks[-1]
        colour, marker = LOOKS[place]
        x = [day.toordinal() for day in line["days"]]
        treated = [k for k, given in enumerate(line["treated"]) if given]
        marks: dict[str, Any] = {**_MAIN, "marker": marker, "markersize": 3.5, "markevery": treated}
        extra = marks if main else _BESIDE
        label = _text(line["region"]) if main else None
        axes.plot(x, line["gy"], color=colour, label=label, **extra)
        if main:
            end = number(line["gy"][-1], 1)
            spot = (x[-1], line["gy"][-1])
            axes.annotate(
                end, spot, (5, 0), textcoords="offset points", va="center", color=colour, bbox=_PLATE, zorder=4
            )
    if beds:
        axes.legend(loc="upper left", fontsize=7)


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
                fontsize=7,
            )


def _legend(axes: Axes, closed: Sequence[Mapping[str, Any]], told: Words) -> None:
    from matplotlib.patches import Patch

    handles, labels = axes.get_legend_handles_labels()
    if any(run["kind"] == "closure" for run in closed):
        handles.append(Patch(facecolor="#E2E2E2", edgecolor="#B5B5B5", hatch="////", linewidth=0))
        labels.append(told("closure or holiday"))
    if any(run["provisional"] for run in closed):
        handles.append(Patch(facecolor="#F3F3F3", edgecolor="#B5B5B5", hatch="...", linewidth=0))
        labels.append(told("not officially announced"))
    axes.legend(handles, labels, loc="upper left", fontsize=7)


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
    columns = min(2, len(panels))
    lines = math.ceil(len(panels) / columns)
    longest = max(len(panel["rows"]) for panel in panels)
    drawing, axes = _canvas(lines * (0.85 + 0.2 * longest), rows=lines, columns=columns)
    for place, panel in enumerate(panels):
        _bars(axes[place], panel, LOOKS[place % len(LOOKS)][0])
    for spare in axes[len(panels) :]:
        spare.set_axis_off()
    return drawing


def _bars(axes: Axes, panel: Mapping[str, Any], colour: str) -> None:
    names = [_text(name) for name, _, _ in panel["rows"]]
    values = [value for _, value, _ in panel["rows"]]
    y = list(range(len(values)))
    bars = axes.barh(y, values, color=colour, alpha=0.55, edgecolor=BLACK, linewidth=0.5, height=0.7)
    bars[0].set_hatch("////")
    axes.axvline(values[0], color=BLACK, linestyle="--", linewidth=0.9)
    top = max(values)
    for place, (_, value, span) in enumerate(panel["rows"]):
        if span is not None:
            axes.plot(span, (place, place), color=BLACK, marker="|", markersize=6, linewidth=1)
        end = max(value, *(span or (value,)))
        axes.annotate(
            number(value),
            (end, place),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            bbox=_PLATE,
        )
        top = max(top, end)
    axes.set_yticks(y, names, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlim(0, top * 1.16)
    axes.set_title("\n".join(map(_text, panel["title"].split("\n"))), loc="left", fontsize=7.5)
    axes.set_xlabel("[Gy]", fontsize=7)


def _draw_bed_time(data: Mapping[str, Any], told: Words) -> Drawing:
    panels = data["panels"]
    drawing, axes = _canvas(3.0 * len(panels), rows=len(panels))
    for place, panel in enumerate(panels):
        here = axes[place]
        colour, marker = LOOKS[place % len(LOOKS)]
        for _, days, net, bare in panel["points"]:
            here.plot((days, days), (net, bare), color=GREY, linewidth=0.8, zorder=1)
            here.plot(days, bare, marker=marker, markerfacecolor="white", markeredgecolor=colour, linestyle="none")
            here.plot(days, net, marker=marker, color=colour, linestyle="none")
        bare_points = [(days, bare) for _, days, _, bare in panel["points"]]
        _label(here, [(name, days, net) for name, days, net, _ in panel["points"]], bare_points)
        here.set_title(_text(panel["title"]), loc="left")
        here.set_ylabel("BED [Gy]")
        here.locator_params(axis="x", integer=True)
        here.grid(color=PALE, linewidth=0.6)
        here.set_axisbelow(True)
    axes[-1].set_xlabel(told("overall time [d]"))
    return drawing


def _label(axes: Axes, points: Sequence[tuple[str, float, float]], others: Sequence[tuple[float, float]] = ()) -> None:
    """Labels beside their points, where they cover neither points, nor others, nor each other.

    Points of one place share a label.
    """
    groups: dict[tuple[float, float], list[str]] = {}
    for name, x, y in points:
        groups.setdefault((round(x, 6), round(y, 6)), []).append(name)
    drawing = axes.figure
    drawing.draw_without_rendering()  # type: ignore[union-attr]  # the layout must be known
    scale = 72 / drawing.dpi
    spots = {at: tuple(float(v) * scale for v in axes.transData.transform(at)) for at in (*groups, *others)}
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y in spots.values()]
    (left, low), (right, high) = ((float(x) * scale, float(y) * scale) for x, y in axes.bbox.get_points())
    for at, names in sorted(groups.items()):
        text = _text(",\n".join(", ".join(names[k : k + 3]) for k in range(0, len(names), 3)))
        width, height = 4.3 * max(map(_letters, text.split("\n"))), 9.0 * (text.count("\n") + 1)
        boxes = [_box(spots[at], way, width, height) for way in _WAYS]
        cost = [_cost(box, taken, (left, low, right, high)) for box in boxes]
        best = cost.index(min(cost))
        taken.append(boxes[best])
        middle = ((boxes[best][0] + boxes[best][2]) / 2, (boxes[best][1] + boxes[best][3]) / 2)
        offset = (middle[0] - spots[at][0], middle[1] - spots[at][1])
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        axes.annotate(
            text,
            at,
            offset,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=7,
            annotation_clip=False,
            bbox=_PLATE,
            arrowprops=line if best >= _CLOSE else None,
            zorder=5,
        )


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
    drawing, (axes,) = _canvas(max(3.2, 0.25 * len(data["points"])))
    for broken, marker, colour, text in ((False, "o", BLUE, told("option")), (True, "x", RED, told("breaks a rule"))):
        chosen = [(x, y) for _, x, y, breaks in data["points"] if breaks is broken]
        if chosen:
            axes.plot(*zip(*chosen, strict=True), marker=marker, color=colour, linestyle="none", label=text, zorder=3)
    axes.margins(0.15)
    if data["front"]:
        _front(axes, data["front"], told)
    for place in (axes.axhline, axes.axvline):
        place(0, color=GREY, linewidth=0.6)
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    _label(axes, [(label, x, y) for label, x, y, _ in data["points"]])
    axes.set_xlabel(told("tumour deficit, net BED [Gy]"))
    axes.set_ylabel(told("late excess, BED [Gy]"))
    axes.legend(loc="upper right", fontsize=7)
    return drawing


def _front(axes: Axes, front: Sequence[tuple[float, float]], told: Words) -> None:
    """Rings about the unbeaten, and the line above and right of which everything is beaten."""
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    x, y = [front[0][0], *(x for x, _ in front), right], [top, *(y for _, y in front), front[-1][1]]
    axes.step(x, y, where="post", color=BLACK, linewidth=1, linestyle="--", label=told("unbeaten"))
    axes.plot(
        *zip(*front, strict=True),
        marker="o",
        markersize=10,
        markerfacecolor="none",
        markeredgecolor=BLACK,
        linestyle="none",
    )
    axes.set_xlim(right=right)
    axes.set_ylim(top=top)


def _draw_start_strip(data: Mapping[str, Any], told: Words) -> Drawing:
    days = data["days"]
    months = list(dict.fromkeys((day.year, day.month) for day, *_ in days))
    drawing, (axes,) = _canvas(0.7 + 0.27 * len(months))
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
    axes.set_xticks(range(1, 32), [str(k) for k in range(1, 32)], fontsize=6)
    axes.set_yticks(
        range(len(months)),
        [told("%(month)s %(year)s", month=told(_MONTHS[month]), year=year) for year, month in months],
        fontsize=7,
    )
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(told("overall time [d], %(low)s (light) to %(high)s (dark)", low=low, high=high), loc="left")
    return drawing


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
    axes.text(at[0] + 0.5, at[1] + 0.55, str(time), ha="center", va="center", fontsize=6, color=ink, zorder=4)
    if provisional:
        axes.plot(at[0] + 0.85, at[1] + 0.2, marker=".", markersize=3, color=ink)


_DRAWERS: dict[str, Callable[[Mapping[str, Any], Words], Drawing]] = {
    "course": _draw_course,
    "regimens": _draw_regimens,
    "bed_time": _draw_bed_time,
    "options": _draw_options,
    "start_strip": _draw_start_strip,
}
