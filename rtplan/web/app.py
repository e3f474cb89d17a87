"""The page as a WSGI application: addresses in, pages and files out. Nothing is kept between two of them."""

from __future__ import annotations

import datetime as dt
import io
import mimetypes
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rtplan.errors import DomainError, RtplanError, visible
from rtplan.library.guide import grouped, guide, topics, without_header
from rtplan.report.formats.bundle import files
from rtplan.report.formats.html import environment
from rtplan.report.language import Words, words
from rtplan.web import answers, views
from rtplan.web.address import VIEWS, Known, State, asked

if TYPE_CHECKING:
    from flask import Flask, Response

__all__ = ["Settings", "create_app", "known_names"]


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy of the pages: nothing from elsewhere."""

FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
"""Of figures and reports, which hold their own style and no script."""

AT_ONCE = 2
"""Answers that are worked out at the same time; the others wait their turn."""

LONGEST_WAIT_S = 10.0
"""After which a turn that did not come is refused (503). [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a page is served.

    hosts: names it answers to. prefix: first part of every address, a random token where a plan is loaded. clock: the
    moment of an answer.
    """

    known: Known
    hosts: tuple[str, ...]
    clock: Callable[[], dt.datetime]
    loaded: answers.Loaded | None = None
    prefix: str = ""
    language: str = "en"


def known_names(
    own_clinics: dict[str, str] | None = None, *, plan_loaded: bool = False, folder_loaded: bool = False
) -> Known:
    """The names that addresses may hold: what is shipped, and the user's own clinic files by their names."""
    from rtplan.library import catalogue
    from rtplan.report.language import languages

    return Known(
        protocols=catalogue.names("protocols"),
        regimens=tuple(name for name, entry in catalogue.load_regimens().items() if entry.prescription is not None),
        clinics={**{name: name for name in catalogue.names("clinics")}, **(own_clinics or {})},
        sites=tuple(catalogue.load_sites()),
        languages=tuple(languages()),
        topics=tuple(topics()),
        plan_loaded=plan_loaded,
        folder_loaded=folder_loaded,
    )


def create_app(settings: Settings) -> Flask:
    """The application. Only GET; only its own hosts; every answer with the headers that hold a browser to it."""
    from flask import Flask, request

    app = Flask("rtplan.web", static_url_path=f"{settings.prefix}/static")
    app.before_request(lambda: _guard(settings.hosts))
    app.after_request(_hardened)
    page, turn = _Page(settings), _Turns()

    def query() -> list[tuple[str, str]]:
        return list(request.args.items(multi=True))

    def add(path: str, name: str, work: Callable[..., Any], **words: Any) -> None:
        app.add_url_rule(f"{settings.prefix}{path}", name, work, provide_automatic_options=False, **words)

    for view in settings.known.views:
        show = turn.taken(lambda view: page.show(view, query()))
        add("/" if view == "plan" else f"/{view}", view, show, defaults={"view": view})
    add("/blocks.css", "blocks", _blocks_css)
    known = f"<any{VIEWS!r}:view>"
    add(f"/files/{known}/<name>", "file", turn.taken(lambda view, name: page.file(view, name, query())))
    add(
        f"/figures/{known}/<int:place>.svg", "figure", turn.taken(lambda view, place: page.figure(view, place, query()))
    )
    return app


def _guard(hosts: Sequence[str]) -> None:
    """Only this page's own address, only from itself, only GET."""
    from flask import abort, request

    if request.host not in hosts:
        abort(400, "this page answers to its own address only")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        abort(403, "this page is not called from another one")
    if request.method not in ("GET", "HEAD"):
        abort(405)


def _hardened(response: Response) -> Response:
    """Nothing kept, nothing sniffed, nothing framed, nothing from elsewhere."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


class _Turns:
    """At most so many answers at once: a page left open by many tabs does not stop the machine."""

    def __init__(self) -> None:
        self.free = threading.BoundedSemaphore(AT_ONCE)

    def taken(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, when its turn has come; 503 where it does not come."""

        def waited(**words: Any) -> Any:
            from flask import abort

            if not self.free.acquire(timeout=LONGEST_WAIT_S):
                abort(503, "other answers are under way: ask again in a moment")
            try:
                return work(**words)
            finally:
                self.free.release()

        return waited


class _Page:
    """What an address gives: a page, a file, a figure."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.known = settings.known

    # --- pages ---

    def show(self, view: str, query: list[tuple[str, str]]) -> Any:
        """The page of a view; a refusal stands on it in words, with status 422."""
        from flask import make_response

        told = words(self.settings.language)
        state, status, context = State(view="plan", language=self.settings.language), 200, {}
        try:
            state = asked(view, self._with_language(query), self.known)
            told = words(state.language)
            context = self._context(state, told)
        except RtplanError as error:
            status, context = 422, {"refusal": str(error).splitlines()}
        template = environment_of_pages().get_template("page.html.j2")
        return make_response(template.render(self._frame(state, told) | context), status)

    def _with_language(self, query: list[tuple[str, str]]) -> list[tuple[str, str]]:
        named = any(name == "language" for name, _ in query)
        return query if named else [*query, ("language", self.settings.language)]

    def _frame(self, state: State, told: Words) -> dict[str, Any]:
        """What every page has: where one can go, and the form."""
        titles = {
            "plan": "Plan",
            "missed": "Missed",
            "compare": "Compare",
            "starts": "Starts",
            "department": "Department",
            "guide": "Guide",
        }
        here = state.moved(topic="") if state.view != "guide" else state.moved(view="plan", topic="")
        return {
            "w": told,
            "state": state,
            "known": self.known,
            "loaded": self.settings.loaded.name if self.settings.loaded else "",
            "people": len(self.settings.loaded.plans) if self.settings.loaded else 0,
            "static": f"{self.settings.prefix}/static",
            "blocks_css": f"{self.settings.prefix}/blocks.css",
            "action": self.link(State(view=state.view)),
            "views": [
                (told(titles[view]), self.link(here.moved(view=view)), view == state.view) for view in self.known.views
            ],
            "languages": [
                (name, self.link(state.moved(language=name)), name == state.language) for name in self.known.languages
            ],
            "refusal": [],
            "sections": [],
            "notes": [],
            "figures": [],
            "files": [],
            "calendar": None,
            "options": [],
            "days": [],
            "html": "",
            "hint": "",
            "facts": [],
        }

    def link(self, state: State) -> str:
        """The address of a state."""
        path = f"{self.settings.prefix}/" if state.view == "plan" else f"{self.settings.prefix}/{state.view}"
        return f"{path}?{state.query}" if state.query else path

    def _context(self, state: State, told: Words) -> dict[str, Any]:
        return {
            "plan": self._plan,
            "missed": self._plan,
            "compare": self._compare,
            "starts": self._starts,
            "department": self._department,
            "guide": self._guide,
        }[state.view](state, told)

    def _plan(self, state: State, told: Words) -> dict[str, Any]:
        moment = self.settings.clock()
        plan = answers.plan_of(state, self.known, moment, self.settings.loaded)
        if plan is None:
            return {
                "hint": told(
                    "Choose a protocol or write a regimen such as 45/25, a clinic, and the day of the first fraction."
                )
            }
        missed = answers.missed_of(plan, state, moment) if state.view == "missed" else None
        if state.view == "plan":
            state = state.moved(missed=(), chosen="")
        shown = plan if missed is None else missed
        keys: tuple[str, ...] = ("effects", "cycles", "limits")
        if missed is not None:
            keys = (f"option-{state.chosen}", "price", "not-offered") if state.chosen else ("price", "not-offered")
        context: dict[str, Any] = {
            "calendar": views.calendar(plan, missed, state, self.link, told),
            "facts": views.facts(plan, missed, state, told),
            "sections": views.sections(shown, told, keys),
            "notes": views.worst(shown, told),
            "figures": self._figures(state, shown, told),
            "files": [(name, self._file(state, name)) for name in views.files_of(state, missed)],
        }
        if missed is not None:
            context["options"] = views.option_rows(missed, state, self.link, told)
        elif state.view == "missed":
            context["hint"] = told("Click the days on which nothing was given.")
        return context

    def _figures(self, state: State, answer: Any, told: Words) -> list[dict[str, str]]:
        return [
            {
                "src": f"{self.settings.prefix}/figures/{state.view}/{place}.svg?{state.query}",
                "alternative": figure.alternative,
                "caption": figure.caption,
            }
            for place, figure in enumerate(views.figures_of(answer, told))
        ]

    def _file(self, state: State, name: str) -> str:
        return f"{self.settings.prefix}/files/{state.view}/{name}?{state.query}"

    def _compare(self, state: State, told: Words) -> dict[str, Any]:
        answer = answers.compare_of(state, self.known)
        keys = ("times", *(f"{kind}_{place}" for kind in ("without_time", "with_time") for place in range(1, 10)))
        return {
            "sections": views.sections(answer, told, keys),
            "notes": views.worst(answer, told),
            "figures": self._figures(state, answer, told),
            "files": [(name, self._file(state, name)) for name in views.files_of(state, None)],
        }

    def _starts(self, state: State, told: Words) -> dict[str, Any]:
        answer = answers.starts_of(state, self.known, self.settings.clock())
        if answer is None:
            return {"hint": told("Choose the first and the last day on which the course may start.")}
        return {
            "days": list(views.start_days(answer, state, self.link, told)),
            "notes": views.worst(answer, told),
            "files": [(name, self._file(state, name)) for name in views.files_of(state, None)],
        }

    def _department(self, state: State, told: Words) -> dict[str, Any]:
        answer = answers.department_of(state, self.settings.loaded, self.settings.clock())
        if answer is None:
            return {"hint": told("State the closed days and the attendances, such as 2026-03-14=10 2026-03-12@B=6.")}
        return {
            "sections": views.sections(answer, told, ("board", "served", "later")),
            "notes": views.worst(answer, told),
            "files": [(name, self._file(state, name)) for name in views.files_of(state, None)],
        }

    def _guide(self, state: State, told: Words) -> dict[str, Any]:
        if not state.topic:
            return {
                "facts": [],
                "topics": [
                    (group, [(title, self.link(state.moved(topic=name))) for name, title in titles.items()])
                    for group, titles in grouped().items()
                ],
            }
        from markdown_it import MarkdownIt
        from markupsafe import Markup

        reader = MarkdownIt("commonmark", {"html": False}).enable("table")
        tokens = reader.parse(without_header(guide(state.topic)))
        for link in (part for token in tokens for part in token.children or () if part.type == "link_open"):
            page = str(link.attrGet("href")).partition("#")[0].removesuffix(".md")
            if page in topics():
                link.attrSet("href", self.link(state.moved(topic=page)))
        return {"html": Markup(reader.renderer.render(tokens, reader.options, {}))}

    # --- files and figures ---

    def _answer(self, view: str, query: list[tuple[str, str]]) -> tuple[State, Any, Any]:
        """The state, its answer, and the plan behind it."""
        state = asked(view, self._with_language(query), self.known)
        moment = self.settings.clock()
        if view == "compare":
            return state, answers.compare_of(state, self.known), None
        if view == "starts":
            return state, answers.starts_of(state, self.known, moment), None
        if view == "department":
            return state, answers.department_of(state, self.settings.loaded, moment), None
        plan = answers.plan_of(state, self.known, moment, self.settings.loaded)
        if plan is None or view == "plan":
            return state, plan, plan
        return state, answers.missed_of(plan, state, moment), plan

    def file(self, view: str, name: str, query: list[tuple[str, str]]) -> Any:
        """A file of the bundle, made anew; 404 for any other name."""
        from flask import abort

        try:
            state, answer, plan = self._answer(view, query)
            if answer is None or name not in views.files_of(state, answer if view == "missed" else None):
                abort(404)
            if name == "revision.zip":
                return _sent(name, _zipped(files(answer.choose(state.chosen), language=state.language, previous=plan)))
            made = files(answer, [_kind(name)], language=state.language)
        except RtplanError as error:
            abort(422, visible(str(error)))
        if name not in made:
            abort(404)
        content = made[name]
        return _sent(name, content.encode("utf-8") if isinstance(content, str) else content)

    def figure(self, view: str, place: int, query: list[tuple[str, str]]) -> Any:
        """A figure as SVG, to stand in an image."""
        from flask import abort, make_response

        from rtplan.report.formats.drawing import svg

        try:
            state, answer, _ = self._answer(view, query)
            told = words(state.language)
            found = [] if answer is None else views.figures_of(answer, told)
            if place >= len(found):
                abort(404)
            drawn = svg(found[place], told)
        except RtplanError as error:
            abort(422, visible(str(error)))
        text = drawn if "xmlns=" in drawn[:400] else drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
        response = make_response(text)
        response.headers["Content-Type"] = "image/svg+xml; charset=utf-8"
        response.headers["Content-Security-Policy"] = FILE_POLICY
        return response


_KINDS = {"report.html": "html", "patient.html": "patient", "calendar.ics": "ics"}


def _kind(name: str) -> str:
    return _KINDS.get(name, name.rpartition(".")[2])


def _zipped(made: dict[str, Any]) -> bytes:
    """The files of a revision in one archive, the same bytes for the same files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(made.items()):
            archive.writestr(zipfile.ZipInfo(name), content.encode("utf-8") if isinstance(content, str) else content)
    return stream.getvalue()


def _sent(name: str, content: bytes) -> Any:
    from flask import make_response

    response = make_response(content)
    kind = {"ics": "text/calendar"}.get(name.rpartition(".")[2]) or mimetypes.guess_type(name)[0]
    response.headers["Content-Type"] = f"{kind or 'application/octet-stream'}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


def _blocks_css() -> Any:
    """The style of the report's own blocks."""
    from flask import make_response

    response = make_response(environment().get_template("blocks.css").render())
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    return response


def environment_of_pages() -> Any:
    """The report's own templates, and beside them those of the page."""
    from jinja2 import ChoiceLoader, PackageLoader

    return environment().overlay(
        loader=ChoiceLoader([PackageLoader("rtplan.web", "templates"), PackageLoader("rtplan.report", "templates")])
    )


def unknown_host(host: str) -> str:
    """What is said of a host that is not this machine."""
    return f"rtplan serve binds to 127.0.0.1 only, so that nobody else reads a patient's course: got {host!r}"


def refuse_host(host: str) -> None:
    """DomainError for every host but this machine's own."""
    if host not in ("127.0.0.1", "localhost"):
        raise DomainError(unknown_host(host))
