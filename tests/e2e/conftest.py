"""One server and one Chromium for all browser tests; a fresh browser context for each."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from .pages import Desk, Widget
from .server import CHEN, LINA, OWNER, Person, Server, Shopper

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_AXE = _ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_STATIC = _ROOT / "src" / "xiaoer" / "application" / "http" / "static"
CHROMIUM = os.environ.get("XIAOER_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--disable-gpu",
]  # fmt: skip
_PATIENCE = 8_000
_FAILED = pytest.StashKey[bool]()
PICTURES = Path(tempfile.gettempdir()) / "xiaoer-e2e"

NewContext = Callable[..., BrowserContext]
NewWidget = Callable[..., Widget]
NewDesk = Callable[..., Desk]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of ours are marked; the story comes first of them, while nobody has said anything yet."""
    places = [index for index, item in enumerate(items) if item.path.is_relative_to(_HERE)]
    ours = [items[index] for index in places]
    for item in ours:
        item.add_marker(pytest.mark.e2e)
    for index, item in zip(places, sorted(ours, key=lambda item: item.path.name != "test_story.py"), strict=True):
        items[index] = item


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


def save_pictures(test: str, contexts: list[BrowserContext]) -> None:
    """What a failed test had on its screens."""
    PICTURES.mkdir(exist_ok=True)
    stem = re.sub(r"[^\w-]+", "_", test)
    for number, page in enumerate([page for context in contexts for page in context.pages]):
        name = f"{stem}-{number}.png"
        with contextlib.suppress(PlaywrightError):
            page.screenshot(path=PICTURES / name)


@pytest.fixture(scope="package", autouse=True)
def needs() -> None:
    """What a browser test cannot do without, said plainly."""
    if not Path(CHROMIUM).exists():
        pytest.fail("no Chromium: install it (tools/ensure-chromium) or name it in XIAOER_CHROMIUM")
    if not (_STATIC / "widget.js").exists() or not (_STATIC / "console" / "index.html").exists():
        pytest.fail("the front end is not built: cd frontend && npm run build")


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    """The demo shop, open day and night."""
    server = Server()
    try:
        server.start()
        Person(server.url, OWNER).change_settings(hours={})
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="package")
def fresh_server() -> Iterator[Server]:
    """A server that nobody has set up yet."""
    server = Server(is_demo=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()


# Package scope: pytest-asyncio's tests, which come after, cannot share a thread with Playwright's loop.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as play:
        expect.set_options(timeout=_PATIENCE)
        yield play


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def owner(server: Server) -> Person:
    return Person(server.url, OWNER)


@pytest.fixture(scope="package")
def lina(server: Server) -> Person:
    return Person(server.url, LINA)


@pytest.fixture(scope="package")
def chen(server: Server) -> Person:
    return Person(server.url, CHEN)


@pytest.fixture(scope="package")
def widget_key(owner: Person) -> str:
    return owner.widget_key()


@pytest.fixture
def new_shopper(server: Server, widget_key: str) -> Callable[..., Shopper]:
    """A shopper who talks by API."""
    return lambda **given: Shopper(server.url, widget_key, **given)


@pytest.fixture
def new_context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[NewContext]:
    """A browser of somebody's own; an error in any of its pages fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: Any) -> BrowserContext:
        here = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce"}
        given: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, **here, **options}
        context = browser.new_context(**given)
        context.set_default_timeout(_PATIENCE)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    if request.node.stash.get(_FAILED, False):
        save_pictures(request.node.name, contexts)
    for context in contexts:
        context.close()
    assert not errors, f"errors in the page: {errors}"


@pytest.fixture
def new_widget(server: Server, new_context: NewContext) -> NewWidget:
    """The widget in a page of the demo shop; `shopper` continues what was begun by API."""

    def make(
        path: str = "/demo", *, shopper: Shopper | None = None, context: BrowserContext | None = None, **options: Any
    ) -> Widget:
        context = context or new_context(**options)
        page = context.new_page()
        if shopper is not None:
            keep(context, shopper.storage())
        page.goto(server.url + path)
        return Widget(page)

    return make


def keep(context: BrowserContext, values: dict[str, str]) -> None:
    """Values in localStorage before the first page opens, once."""
    lines = [f"localStorage.setItem({key!r}, {value!r})" for key, value in values.items()]
    context.add_init_script(
        f"if (!sessionStorage.getItem('kept')) {{ sessionStorage.setItem('kept', '1'); {';'.join(lines)} }}"
    )


@pytest.fixture
def new_desk(server: Server, new_context: NewContext) -> NewDesk:
    """The console with somebody signed in."""

    def make(person: Person, path: str = "/conversations", **options: Any) -> Desk:
        context = new_context(**options)
        context.add_cookies([person.cookie()])
        page = context.new_page()
        page.goto(server.url + path)
        return Desk(page, server.url)

    return make


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


@pytest.fixture(scope="package")
def axe_source() -> str:
    if not _AXE.exists():
        pytest.fail("axe-core is missing: cd frontend && npm ci")
    return _AXE.read_text()
