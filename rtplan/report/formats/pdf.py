"""A report as PDF/A-3u, made by WeasyPrint from the very HTML of the report, its data attached as JSON.

WeasyPrint is the extra ``rtplan[pdf]``; the libraries it calls (Pango) come from the operating system.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import warnings

from rtplan.errors import DomainError

__all__ = [
    "require",
    "to_pdf",
]


_MISSING = (
    "a PDF needs WeasyPrint: pip install 'rtplan[pdf]'. Without it, open the HTML report in a browser and print it to "
    "a PDF file"
)


_NO_MOMENT = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Of the attachment where no stamp is known: the same answer gives the same bytes."""


_ONE_AT_A_TIME = threading.Lock()


def require() -> None:
    """Nothing where PDF files can be made here; DomainError, with the way round, where they cannot."""
    try:
        import weasyprint  # noqa: F401
    except ImportError:
        raise DomainError(_MISSING) from None
    except OSError as error:  # WeasyPrint is there, the system's Pango is not
        raise DomainError(f"{_MISSING}. (WeasyPrint is there, a library it calls is not: {error})") from None


def to_pdf(html: str, *, data: str, name: str, stamp: dt.datetime | None = None) -> bytes:
    """A report's HTML as a PDF file that can be archived, with its JSON document attached under a name.

    The same HTML, data and stamp give the same bytes on the same machine and fonts. Nothing is fetched from anywhere.
    DomainError where WeasyPrint is not there.
    """
    require()
    from weasyprint import HTML, Attachment
    from weasyprint.urls import URLFetcher

    moment = stamp or _NO_MOMENT
    nothing = URLFetcher(allowed_protocols=())
    attachment = Attachment(
        string=data,
        name=name,
        description="the numbers of this report, for programs",
        created=moment,
        modified=moment,
        relationship="Source",
        url_fetcher=nothing,
    )
    identifier = hashlib.sha256(f"{html}\0{data}\0{moment.isoformat()}".encode()).digest()[:16]
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves its colour profile's file open
        document: bytes = HTML(string=html, url_fetcher=nothing).write_pdf(
            pdf_variant="pdf/a-3u", attachments=[attachment], pdf_identifier=identifier
        )
    return document
