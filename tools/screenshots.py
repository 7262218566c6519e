"""Takes the README's pictures from a demo shop of its own: `make screenshots` writes docs/images/*.png."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PORT = 8699
URL = f"http://127.0.0.1:{PORT}"
IMAGES = Path("docs/images")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
SAID = ("什么时候发货", "我的订单到哪了")


def start_demo(folder: str) -> subprocess.Popen[bytes]:
    """A demo server on its own port and data, ready to be looked at."""
    command = [sys.executable, "-m", "xiaoer", "demo", "--port", str(PORT), "--data-dir", folder]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(120):
        time.sleep(0.5)
        try:
            with urlopen(f"{URL}/healthz", timeout=2):  # noqa: S310  our own server
                return process
        except OSError:
            continue
    raise SystemExit("the demo did not start")


def open_page(browser: Browser, theme: str, width: int, height: int) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, locale="zh-CN")
    return context, context.new_page()


def keep(page: Page, name: str) -> None:
    """Save what the page shows, with a palette where that keeps it small."""
    path = IMAGES / f"{name}.png"
    page.wait_for_timeout(600)
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def chat(page: Page, account: str, ends: str | None = None) -> None:
    """A shopper signs in on a product's page, asks, and picks an order."""
    page.goto(f"{URL}/demo")
    page.locator("select").first.select_option(account)
    page.wait_for_timeout(800)
    page.goto(f"{URL}/demo/products/p-digital-01")
    widget = page.locator("xiaoer-widget")
    widget.get_by_role("button").first.click()
    box = widget.locator("textarea")
    box.wait_for()
    for words in SAID:
        page.wait_for_timeout(900)
        box.fill(words)
        box.press("Enter")
    page.wait_for_timeout(1500)
    picked = widget.locator("[role=log] button").filter(has_text="QH").first
    if picked.count():
        picked.click()
    page.wait_for_timeout(1200)
    if ends:
        box.fill(ends)
        box.press("Enter")
        page.wait_for_timeout(1500)


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto(URL)
    page.locator("input").first.fill(email)
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations**")
    page.wait_for_timeout(1500)


def shoot(browser: Browser) -> None:
    _, page = open_page(browser, "light", 1440, 900)
    chat(page, "u1001")
    keep(page, "shop-light")
    for theme, account in (("light", "u1003"), ("dark", "u1002")):
        _, page = open_page(browser, theme, 390, 844)
        chat(page, account, ends="转人工")
        keep(page, f"widget-{theme}")
    for theme in ("light", "dark"):
        _, page = open_page(browser, theme, 1440, 900)
        sign_in(page, "lina@demo.example", "demo-agent-1")
        page.locator("[data-index]").first.or_(page.get_by_text("陈志远").first).first.click()
        page.wait_for_timeout(1500)
        keep(page, f"desk-{theme}")
        page.goto(f"{URL}/knowledge/test")
        page.locator("input").first.fill("东西买贵了能退差价吗")
        page.keyboard.press("Enter")
        page.wait_for_timeout(1500)
        keep(page, f"knowledge-{theme}")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103  the database's own user must reach it
        server = start_demo(folder)
        try:
            with sync_playwright() as play:
                executable = os.environ.get("XIAOER_CHROMIUM", "/usr/bin/chromium")
                shoot(play.chromium.launch(executable_path=executable, args=FLAGS))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=20)


if __name__ == "__main__":
    main()
