"""Walk the mocked console in Chromium: screenshots to OUT, axe in both themes. `python look.py [OUT] [name…]`

Serve a mocked build first: npx vite build --mode mocked && npx vite preview --mode mocked --outDir .vite/mocked --port 5280
"""

from __future__ import annotations

import pathlib
import sys

from playwright.sync_api import Page, sync_playwright

BASE = "http://127.0.0.1:5280"
AXE = pathlib.Path(__file__).resolve().parents[3] / "node_modules/axe-core/axe.min.js"
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/look")
ONLY = [name for name in sys.argv[2:] if "@" not in name]
VIEWS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]
if chosen := [name for name in sys.argv[2:] if "@" in name]:  # such as dark@390
    VIEWS = [(name.split("@")[0], int(name.split("@")[1])) for name in chosen]
WIDE_ONLY = {"desk-mine", "desk-failed", "desk-earlier"}  # they use list and thread side by side
OUT.mkdir(parents=True, exist_ok=True)


def click(page: Page, name: str, role: str = "button", nth: int = 0) -> None:
    page.get_by_role(role, name=name).nth(nth).click()


def scenes() -> dict:
    return {
        "signin": ("/sign-in?signed-out", lambda p: None),
        "signin-error": ("/sign-in?signed-out", lambda p: (p.fill("input[name=email]", "x"), click(p, "登录"))),
        "signin-refused": ("/sign-in?signed-out", lambda p: (p.fill("input[name=email]", "x@y.z"), p.fill("input[name=password]", "wrong"), click(p, "登录"))),
        "setup": ("/setup?signed-out&setup", lambda p: click(p, "下一步")),
        "setup-shop": ("/setup?signed-out&setup", setup_shop),
        "setup-ready": ("/setup?signed-out&setup", lambda p: (setup_shop(p), p.locator("input").first.fill("青禾"), click(p, "创建店铺"))),
        "desk-empty": ("/conversations", lambda p: None),
        "desk-mine": ("/conversations/m1", lambda p: click(p, "我的", "tab")),
        "desk-order": ("/conversations/m1", desk_order),
        "desk-queue": ("/conversations/q1", lambda p: None),
        "desk-failed": ("/conversations/m2", lambda p: (click(p, "我的", "tab"), p.get_by_label("回复", exact=True).last.fill("失败"), p.keyboard.press("Enter"))),
        "desk-note": ("/conversations/m2", lambda p: (click(p, "备注", "tab"), p.get_by_placeholder("只有同事").fill("测试备注"))),
        "desk-emoji": ("/conversations/m1", lambda p: click(p, "表情")),
        "desk-resolve": ("/conversations/m1", lambda p: click(p, "结束会话")),
        "desk-conflict": ("/conversations/q3", lambda p: click(p, "接管")),
        "desk-keys": ("/conversations", lambda p: p.keyboard.press("?")),
        "desk-offline": ("/conversations/m1?offline", lambda p: p.wait_for_timeout(1800)),
        "desk-missing": ("/conversations/nope", lambda p: None),
        "desk-earlier": ("/conversations/m1", lambda p: p.locator("aside .row").last.click()),
        "desk-search-error": ("/conversations", lambda p: (p.get_by_label("搜索顾客").fill("出错"), p.wait_for_timeout(600))),
        "user-menu": ("/conversations", lambda p: click(p, "李娜 的菜单")),
        "knowledge": ("/knowledge", lambda p: None),
        "knowledge-none": ("/knowledge?q=zzz", lambda p: None),
        "entry": ("/knowledge/entries/shipping.e0", lambda p: None),
        "entry-errors": ("/knowledge/entries/new", lambda p: (p.locator("#entry-text input").first.fill("a"), click(p, "保存"))),
        "entry-versions": ("/knowledge/entries/shipping.e0", lambda p: click(p, "历史版本")),
        "entry-conflict": ("/knowledge/entries/shipping.e4", lambda p: (p.locator("#entry-text input").first.fill("改"), click(p, "保存"))),
        "entry-paste": ("/knowledge/entries/shipping.e0", lambda p: click(p, "批量粘贴")),
        "test": ("/knowledge/test", lambda p: (p.get_by_label("测试问题").fill("什么时候发货"), click(p, "测试"), p.locator("summary").first.click())),
        "import": ("/knowledge/import", lambda p: p.set_input_files("input[type=file]", files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": b"x"}])),
        "shop": ("/settings/shop", lambda p: None),
        "shop-error": ("/settings/shop", lambda p: (p.locator("form input").first.fill(""), click(p, "保存"))),
        "widget": ("/settings/widget", lambda p: click(p, "显示密钥")),
        "people": ("/settings/people", lambda p: None),
        "people-add": ("/settings/people", lambda p: (click(p, "添加成员"), click(p, "保存"))),
        "notfound": ("/nowhere", lambda p: None),
    }


def setup_shop(page: Page) -> None:
    fields = page.locator("form input")
    for index, text in enumerate(["李娜", "lina@qinghe.example", "long enough words"]):
        fields.nth(index).fill(text)
    click(page, "下一步")
    page.wait_for_timeout(300)


def desk_order(page: Page) -> None:
    page.wait_for_timeout(600)
    if not page.locator("aside[aria-label='顾客资料']").count():
        click(page, "顾客资料")
    click(page, "进度与物流")


def violations(page: Page) -> list[str]:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")["violations"]
    return [f"{v['id']}: {n['target']} {n['any'][0]['message'] if n['any'] else ''}" for v in found for n in v["nodes"]]


def main() -> int:
    total = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"])
        for theme, width in VIEWS:
            for name, (path, act) in scenes().items():
                if (ONLY and name not in ONLY) or (width < 769 and name in WIDE_ONLY):
                    continue
                context = browser.new_context(viewport={"width": width, "height": 900 if width > 400 else 844}, color_scheme=theme, locale="zh-CN", reduced_motion="reduce")
                page = context.new_page()
                page.set_default_timeout(4000)
                page.on("pageerror", lambda error, name=name: print("PAGE ERROR", name, error))
                page.route("**/chat?*", lambda route: route.fulfill(body="<html lang=zh><title>chat</title><p>chat", content_type="text/html"))
                page.goto(BASE + path)
                page.wait_for_timeout(350)
                try:
                    act(page)
                except Exception as error:
                    print("COULD NOT", name, theme, width, str(error).splitlines()[0])
                page.wait_for_timeout(450)
                page.screenshot(path=str(OUT / f"{name}-{theme}-{width}.png"))
                if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                    print("OVERFLOW", name, width)
                for line in violations(page):
                    total += 1
                    print(theme, width, name, line)
                context.close()
        browser.close()
    print("axe nodes:", total)
    return 1 if total else 0


if __name__ == "__main__":
    raise SystemExit(main())
