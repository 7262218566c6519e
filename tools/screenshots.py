"""Takes the README's pictures from a demo shop of its own: `make screenshots` writes docs/images/*.png.

The conversations are those of tests/e2e/world.py, made anew by the API; nothing depends on the hour of the day.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.pages import Desk, Widget  # noqa: E402
from e2e.server import CHEN, LINA, OWNER, Person, Server  # noqa: E402
from e2e.world import World, fill  # noqa: E402

IMAGES = ROOT / "docs" / "images"
LIMIT = 300_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, Theme] = ("light", "dark")


@contextmanager
def demo() -> Iterator[World]:
    """A demo shop, open at any hour, with its conversations."""
    server = Server()
    try:
        server.start()
        owner = Person(server.url, OWNER)
        owner.change_settings(hours={})
        yield fill(World(server, owner, Person(server.url, LINA), Person(server.url, CHEN)), star="u1001")
    finally:
        server.stop()


def new_page(
    browser: Browser, theme: Theme, width: int = 1440, height: int = 900, person: Person | None = None
) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, locale="zh-CN", timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )  # fmt: skip
    if person is not None:
        context.add_cookies([person.cookie()])
    return context.new_page()


def keep(page: Page, name: str) -> None:
    """Save what the page shows once all is loaded, with a palette: half the bytes, no difference to the eye."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide")
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LIMIT:
        raise SystemExit(f"{path.name} is larger than {LIMIT // 1000} kB")
    page.context.close()


def shop(browser: Browser, world: World) -> None:
    """A product's page; a guest has asked something."""
    page = new_page(browser, "light")
    page.goto(f"{world.server.url}/demo/products/p-clothes-03")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    widget = Widget(page).open()
    widget.ask("什么时候发货", "48")
    expect(widget.host.get_by_role("group", name="您可能还想问")).to_be_visible()
    page.mouse.move(5, 5)
    keep(page, "shop-light")


def phone(browser: Browser, world: World, theme: Theme) -> None:
    """The widget on a phone, in the middle of a talk with a person."""
    page = new_page(browser, theme, 390, 844)
    stored = world.shoppers["served"].storage()
    page.goto(f"{world.server.url}/healthz")
    page.evaluate(
        "values => Object.entries(values).forEach(([key, value]) => localStorage.setItem(key, value))", stored
    )
    page.goto(f"{world.server.url}/chat")
    widget = Widget(page)
    expect(widget.bubbles("customer").filter(has_text="太好了")).to_be_in_viewport()
    keep(page, f"widget-{theme}")


def desk(browser: Browser, world: World, theme: Theme) -> None:
    """An agent's screen: her conversation with note, picture and orders."""
    page = new_page(browser, theme, person=world.lina)
    desk = Desk(page, world.server.url).show(world.ids["served"])
    expect(desk.log.locator("article.note")).to_be_visible()
    expect(page.get_by_role("complementary", name="顾客资料").get_by_text("运输中").first).to_be_visible()
    desk.tab("我的")
    desk.box.fill("鞋盒今天已经寄出，单号稍后发给您～")
    keep(page, f"desk-{theme}")


def knowledge(browser: Browser, world: World, theme: Theme) -> None:
    """The test box: what the bot would answer, and why."""
    page = new_page(browser, theme, person=world.owner)
    page.goto(f"{world.server.url}/knowledge/test")
    page.get_by_label("测试问题").fill("东西买贵了能退差价吗")
    page.keyboard.press("Enter")
    page.locator(".hits summary").first.click()
    expect(page.locator(".hits details dl").first).to_be_visible()
    keep(page, f"knowledge-{theme}")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as world, sync_playwright() as play:
        executable = os.environ.get("XIAOER_CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=executable, args=FLAGS)
        shop(browser, world)
        for theme in THEMES:
            phone(browser, world, theme)
            desk(browser, world, theme)
            knowledge(browser, world, theme)
        browser.close()


if __name__ == "__main__":
    main()
