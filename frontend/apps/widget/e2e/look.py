"""Walk the widget in Chromium against the mock server: screenshots to OUT, axe in every scene. `python look.py [OUT] [scene…]`

Build and start the mock server first: npm run build && PORT=8601 node dev/mock-server.mjs
"""

from __future__ import annotations

import json
import pathlib
import sys
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Browser, Locator, Page, sync_playwright

BASE = "http://127.0.0.1:8601"
AXE = pathlib.Path(__file__).resolve().parents[3] / "node_modules/axe-core/axe.min.js"
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/widget-look")
ONLY = sys.argv[2:]
VIEWS = [("light", 1440, "zh-CN"), ("dark", 1440, "en"), ("light", 390, "en"), ("dark", 390, "zh-CN")]
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000008000000050802000000f7f33a02000000564944415478da0dc9211200310804c1"
    "7bf6e8e868f44a0a85884051c83cebd2b6bf2b5a1c1142c2c4164b7cd769e738e1c831673bcb5f249d9c24122596ec64e58ba28b"
    "5344a1c28a5dac7a31f470861834d8b08735fc789448098b0f9e0c0000000049454e44ae426082"
)


def mock(action: str, **body: object) -> None:
    request = urllib.request.Request(f"{BASE}/mock/{action}", json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request, timeout=5).read()


class Look:
    def __init__(self, page: Page, locale: str) -> None:
        self.page = page
        self.is_zh = locale == "zh-CN"
        self.host = page.locator("xiaoer-widget")

    def find(self, selector: str) -> Locator:
        return self.host.locator(selector)

    def say(self, text: str) -> None:
        self.find(".composer textarea").fill(text)
        self.find(".composer textarea").press("Enter")
        self.page.wait_for_timeout(900)


def leave_alone(look: Look) -> None:
    pass


def picks_an_order(look: Look) -> None:
    look.say("我的订单 order")
    look.find(".row .choice").first.click()
    look.page.wait_for_timeout(800)


def opens_the_sheet(look: Look) -> None:
    look.page.evaluate("xiaoer('identify', {user_id: 'wang', name: '王芳', expires_at: 2e9, signature: 'x'})")
    look.page.wait_for_timeout(900)
    look.find(".tools .wide").click()
    look.page.wait_for_timeout(500)


def sends_a_picture(look: Look) -> None:
    look.find("input[type=file]").set_input_files(
        [{"name": "破损照片.svg.png", "mimeType": "image/png", "buffer": PIXEL}]
    )
    look.page.wait_for_timeout(300)
    look.find(".send").click()
    look.find("input[type=file]").set_input_files([{"name": "x.exe", "mimeType": "application/x", "buffer": b"x"}])
    look.page.wait_for_timeout(800)


def waits_while_closed(look: Look) -> None:
    look.say("转人工客服")
    look.find(".human").click()
    look.page.wait_for_timeout(500)


def is_joined(look: Look) -> None:
    waits_while_closed(look)
    mock("take")
    mock("say", text="您好，我是李娜，请问有什么可以帮您？")
    mock("read")
    mock("typing")
    look.page.wait_for_timeout(500)


def rates(look: Look) -> None:
    look.say("发货")
    mock("resolve")
    look.page.wait_for_timeout(500)
    look.find(".stars label").nth(3).click()
    look.find(".more .button").first.click()


def has_rated(look: Look) -> None:
    rates(look)
    look.find(".rating .main").click()
    look.page.wait_for_timeout(600)


def has_errors(look: Look) -> None:
    look.say("好的")
    look.say("长" * 1990)
    mock("deaf")
    look.say("这一条没有回音")
    mock("drop")
    look.page.wait_for_timeout(600)


def opens_the_menu(look: Look) -> None:
    look.say("发货")
    look.find(".top .plain").first.click()


SCENES: dict[str, tuple[Callable[[Look], None], dict[str, object]]] = {
    "welcome": (leave_alone, {}),
    "answer": (lambda look: look.say("什么时候发货"), {}),
    "order": (picks_an_order, {}),
    "sheet": (opens_the_sheet, {}),
    "logistics": (lambda look: look.say("快递 parcel"), {}),
    "product": (lambda look: (look.find(".viewed .copy").click(), look.say("推荐")), {}),
    "buttons": (lambda look: look.say("退货"), {}),
    "picture": (sends_a_picture, {}),
    "queue": (waits_while_closed, {"is_open": False}),
    "joined": (is_joined, {}),
    "rating": (rates, {}),
    "rated": (has_rated, {}),
    "ask": (leave_alone, {"ask_before_chat": ["name"]}),
    "errors": (has_errors, {}),
    "menu": (opens_the_menu, {}),
    "orange": (lambda look: look.say("什么时候发货"), {"colour": "#ff5000"}),
    "yellow": (lambda look: look.say("什么时候发货"), {"colour": "#ffd400"}),
}


def show(browser: Browser, name: str, theme: str, width: int, locale: str) -> int:
    act, settings = SCENES[name]
    for action in ("forget", "hear"):
        mock(action)
    mock("settings", **settings)
    context = browser.new_context(viewport={"width": width, "height": 760 if width > 480 else 780}, locale=locale,
                                  color_scheme=theme, reduced_motion="reduce", timezone_id="Asia/Shanghai")  # fmt: skip
    page = context.new_page()
    page.on("pageerror", lambda error: print("  error in the page:", error))
    page.goto(f"{BASE}/blank?lang={locale}")
    page.evaluate("(lang) => xiaoer('locale', lang)", locale)
    title, image = "静界 Pro 主动降噪蓝牙耳机 旗舰版 Wireless earbuds", "/api/v1/storefront/images/p-earbuds.svg"
    page.evaluate("(it) => xiaoer('context', it)", {"product_id": "p-earbuds", "title": title, "image": image})
    page.locator("xiaoer-widget .launcher").click()
    page.wait_for_timeout(700)
    act(Look(page, locale))
    path = OUT / f"{name}-{theme}-{width}.png"
    panel = {"x": width - 420, "y": 0, "width": 420, "height": 760}
    page.screenshot(path=path, clip=panel if width > 480 else None)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({include: ['xiaoer-widget']})")["violations"]
    for problem in found:
        print(f"  {path.stem}: {problem['id']}", [node["target"] for node in problem["nodes"]][:4])
    context.close()
    return len(found)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        problems = sum(show(browser, name, *view) for name in ONLY or SCENES for view in VIEWS)
        print("axe problems:", problems)


if __name__ == "__main__":
    main()
