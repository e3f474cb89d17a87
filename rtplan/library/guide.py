"""The guide that is shipped with the package: one Markdown file a topic."""

from __future__ import annotations

from pathlib import Path

from rtplan.errors import QuestionError, did_you_mean

__all__ = ["guide", "topics"]

_DOCS = Path(__file__).resolve().parent.parent / "docs"


def topics() -> dict[str, str]:
    """The topics of the guide, each with its title.

    >>> topics()["missed"]
    'Missed fractions: rtplan missed'
    """
    return {path.stem: _title(path) for path in sorted(_DOCS.glob("*.md"))}


def guide(topic: str) -> str:
    """One topic of the guide, as Markdown. QuestionError names the topics there are.

    >>> print(guide("conventions").splitlines()[0])
    # Conventions that decide numbers
    """
    known = topics()
    if topic not in known:
        raise QuestionError(f"there is no topic {topic!r} in the guide; {did_you_mean(topic, known)}")
    return (_DOCS / f"{topic}.md").read_text(encoding="utf-8")


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().removeprefix("# ").strip()
