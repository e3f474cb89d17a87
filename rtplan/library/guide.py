"""The guide that is shipped with the package: one Markdown file a topic."""

from __future__ import annotations

from pathlib import Path

from rtplan.errors import QuestionError, did_you_mean

__all__ = ["ORDER", "grouped", "guide", "topics", "without_header"]

_DOCS = Path(__file__).resolve().parent.parent / "docs"

ORDER: dict[str, tuple[str, ...]] = {
    "Jobs": (
        *("plan", "missed", "sheet", "starts", "dose", "compare", "cohort", "department", "workdays"),
        *("patient", "serve", "verify", "validate", "list"),
    ),
    "Your files, your systems": ("clinic", "files", "records", "dicom", "python", "notebook"),
    "Tumour and tissue": ("sites", "tissues", "uncertainty"),
    "Background": ("commissioning", "conventions", "robustness", "trial", "gallery", "architecture", "changes"),
}
"""The order of the guide, stated here alone: groups, and the topics of each."""


def topics() -> dict[str, str]:
    """The topics of the guide in its order, each with its title.

    >>> topics()["missed"]
    'Missed fractions: rtplan missed'
    """
    return {topic: title for titles in grouped().values() for topic, title in titles.items()}


def grouped() -> dict[str, dict[str, str]]:
    """The topics of the guide by groups, in the order of `ORDER`. A page without a place there stands at the end.

    >>> list(grouped())[0], list(grouped()["Jobs"])[:2]
    ('Jobs', ['plan', 'missed'])
    """
    pages = {path.stem: _title(path) for path in sorted(_DOCS.glob("*.md"))}
    placed = {topic for group in ORDER.values() for topic in group}
    order = {**ORDER, "More": tuple(topic for topic in pages if topic not in placed)}
    found = {name: {topic: pages[topic] for topic in group if topic in pages} for name, group in order.items()}
    return {name: titles for name, titles in found.items() if titles}


def guide(topic: str) -> str:
    """One topic of the guide, as Markdown. QuestionError names the topics there are.

    >>> print(guide("conventions").splitlines()[0])
    # Conventions that decide numbers
    """
    known = topics()
    if topic not in known:
        raise QuestionError(f"there is no topic {topic!r} in the guide; {did_you_mean(topic, known)}")
    return (_DOCS / f"{topic}.md").read_text(encoding="utf-8")


def without_header(text: str) -> str:
    """A page without what stands between two lines ``---`` at its beginning: that is for programs.

    >>> without_header("---\\nkernel: python\\n---\\n\\n# A page\\n")
    '# A page\\n'
    """
    if not text.startswith("---\n"):
        return text
    return text.split("\n---\n", 1)[1].lstrip("\n")


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return next(line for line in file if line.startswith("# ")).removeprefix("# ").strip()
