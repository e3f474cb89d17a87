"""Proof of the PDF: archived form, data attached, same bytes, headings kept with what they head, refused without."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factory import plan
from pypdf import PdfReader

from rtplan.errors import DomainError
from rtplan.report.blocks import MonthGrid
from rtplan.report.formats import bundle
from rtplan.report.formats.pdf import to_pdf
from rtplan.report.language import words
from rtplan.report.registry import report

if TYPE_CHECKING:
    from click.testing import Result


@cache
def made(protocol: str = "45/25", language: str = "en") -> bytes:
    """The PDF of a plan; a page takes WeasyPrint a second, so each is made once."""
    content = bundle.files(plan(protocol), ["pdf"], language=language)["report.pdf"]
    assert isinstance(content, bytes)
    return content


def read(protocol: str = "45/25", language: str = "en") -> PdfReader:
    return PdfReader(io.BytesIO(made(protocol, language)))


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(("protocol", "language"), [("45/25", "en"), ("70/35", "zh_CN")])
def test_headings_stay_with_what_they_head_and_no_page_is_blank(protocol: str, language: str) -> None:
    told = words(language)
    pages = [squeezed(page.extract_text()) for page in read(protocol, language).pages]
    assert all(len(page) > 80 for page in pages)
    shown = report(plan(protocol), told)
    for section in shown.sections:
        page = next(page for page in pages if squeezed(section.heading) in page)
        assert not page.partition(squeezed(section.heading))[2].startswith(f"rtplan{pages.index(page) + 1}/")
    grid = next(b for section in shown.sections for b in section.blocks if isinstance(b, MonthGrid))
    for month in {(day.date.year, day.date.month) for day in grid.days if day.fractions}:
        title = squeezed(told.month(next(day.date for day in grid.days if (day.date.year, day.date.month) == month)))
        days = squeezed("".join(told.weekdays()))
        assert any(title + days in page for page in pages), title


def test_it_is_an_archived_form_with_the_plan_attached() -> None:
    reader = read()
    root: Any = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata.replace(" ", "") or 'part="3"' in metadata
    assert "<pdfaid:conformance>U</pdfaid:conformance>" in metadata.replace(" ", "") or 'conformance="U"' in metadata
    assert "/OutputIntents" in root
    plain = bundle.files(plan("45/25"), ["json"])["plan.json"]
    assert {name: contents[0].decode() for name, contents in reader.attachments.items()} == {"plan.json": plain}
    files = [entry.get_object() for entry in root["/AF"]]
    assert {entry["/AFRelationship"] for entry in files} == {"/Source"}


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert bundle.files(plan("45/25"), ["pdf"])["report.pdf"] == made()


def test_it_is_made_only_where_it_is_asked_for() -> None:
    assert not any(name.endswith(".pdf") for name in bundle.files(plan()))


@pytest.mark.parametrize(("module", "error"), [(None, ImportError), ("broken", OSError)])
def test_without_weasyprint_one_sentence_and_nothing_written(
    module: str | None,
    error: type[Exception],
    cli: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "weasyprint":
                raise error("libpango-1.0-0")

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    folder = tmp_path / "course"
    done = cli("plan", "--start", "2026-02-02", "--clinic", "west-china", "--out", str(folder), "--only", "json,pdf")
    assert done.exit_code == 1
    assert "pip install 'rtplan[pdf]'" in done.stderr
    assert "print it to a PDF file" in done.stderr
    assert "Traceback" not in done.output
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["file:///etc/hostname", "http://example.invalid/x.png"])
def test_nothing_is_fetched(kind: str) -> None:
    text = to_pdf(f'<p>before<img src="{kind}" alt="a picture">after</p>', data="{}", name="x.json")
    words = PdfReader(io.BytesIO(text)).pages[0].extract_text()
    assert "before" in words
    assert "/XObject" not in str(PdfReader(io.BytesIO(text)).pages[0].get("/Resources", {}).get("/XObject", ""))


def test_what_is_not_there_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(DomainError, match=r"rtplan\[pdf\]"):
        bundle.files(plan(), ["pdf"])
