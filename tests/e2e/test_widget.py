"""The widget, item by item of the list in the front end's design (1–13, 15, 17–19)."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import NewContext, NewDesk, NewWidget
from .pages import Line, Widget, bend_time, make_picture
from .server import Person, Server, Shopper

NewShopper = Callable[..., Shopper]
_STATIC = Path(__file__).parents[2] / "src" / "xiaoer" / "application" / "http" / "static"

HOSTILE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">%(viewport)s<title>别人的店</title>
%(css)s</head><body><h1>别人的店</h1><p id="text">正文</p><button id="theirs">按钮</button>
<script async src="%(server)s/widget.js" data-shop="%(key)s"></script></body></html>"""
HOSTILE_CSS = """
* { font: 30px serif !important; letter-spacing: 9px !important; color: red !important; text-transform: uppercase !important }
button, textarea, section, input { display: none !important }
div, span, p { position: static !important; opacity: .2 !important; transform: rotate(20deg) !important }
xiaoer-widget { display: none; visibility: hidden }
#theirs { display: block !important }
"""


@pytest.fixture(scope="module")
def their_site(server: Server, widget_key: str) -> Iterator[str]:
    """Somebody else's site with our script tag: CSS that means us harm at /, a strict policy at /strict."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            viewport = '<meta name="viewport" content="width=device-width">' if "mobile" in self.path else ""
            css = "" if "strict" in self.path else f"<style>{HOSTILE_CSS}</style>"
            given = {"viewport": viewport, "css": css, "server": server.url, "key": widget_key}
            raw = (HOSTILE % given).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if "strict" in self.path:
                socket = server.url.replace("http", "ws")
                self.send_header(
                    "Content-Security-Policy",
                    f"default-src 'none'; script-src {server.url}; connect-src {server.url} {socket}; "
                    f"img-src {server.url} blob:",
                )
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{site.server_port}"
    site.shutdown()
    site.server_close()
    thread.join()


def test_01_hostile_css_changes_nothing_and_we_change_nothing(new_context: NewContext, their_site: str) -> None:
    page = new_context().new_page()
    page.goto(f"{their_site}/mobile")
    before = page.locator("#text").evaluate("node => getComputedStyle(node).cssText + node.outerHTML")
    widget = Widget(page).open()
    box = widget.launcher.bounding_box()
    assert box
    assert box["width"] >= 48
    style = widget.host.locator(".bubble").first.evaluate(
        "node => { const s = getComputedStyle(node); return [s.fontSize, s.letterSpacing, s.textTransform, s.opacity] }"
    )
    assert style[1:] == ["normal", "none", "1"]
    assert float(style[0].removesuffix("px")) < 18
    widget.ask("什么时候发货", "48")
    expect(widget.field).to_be_focused()
    assert page.locator("#text").evaluate("node => getComputedStyle(node).cssText + node.outerHTML") == before
    assert page.evaluate("document.body.children.length") == 4, "the widget stays out of the page's body"


def test_01_works_under_a_strict_policy(new_context: NewContext, their_site: str) -> None:
    page = new_context().new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.goto(f"{their_site}/strict")
    widget = Widget(page).open()
    widget.ask("什么时候发货", "48")
    assert widget.launcher.evaluate("node => getComputedStyle(node).borderRadius") != "0px"
    assert refused == []


def test_01_one_file_of_15_kb_to_begin_with() -> None:
    assert len(gzip.compress((_STATIC / "widget.js").read_bytes(), 9)) <= 15 * 1024


def test_02_launcher_badge_and_sizes(
    new_widget: NewWidget, new_shopper: NewShopper, lina: Person, new_context: NewContext, their_site: str
) -> None:
    shopper = new_shopper(name="数字的人")
    conversation = shopper.ask_for_person()
    lina.take_over(conversation)
    shopper.call("POST", "/visitor/read", {"conversation_id": conversation, "seq": 10_000})
    widget = new_widget("/demo", shopper=shopper)
    expect(widget.launcher).to_have_accessible_name("联系客服")
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    lina.say(conversation, "在的")
    lina.say(conversation, "请讲")
    expect(widget.launcher.locator(".badge")).to_have_text("2")
    expect(widget.launcher).to_have_accessible_name(re.compile("2 条未读消息"))
    for number in range(99):
        lina.say(conversation, f"第 {number} 条")
    expect(widget.launcher.locator(".badge")).to_have_text("99+")
    widget.open()
    expect(widget.launcher).to_have_attribute("aria-expanded", "true")
    box = widget.panel.bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (380, 640)
    widget.host.get_by_role("button", name="关闭对话").first.click()
    expect(widget.launcher.locator(".badge")).to_be_hidden()

    # On a phone it fills the screen, also where the page forgot its viewport.
    for path in ("/mobile", "/forgotten"):
        phone = {"viewport": {"width": 390, "height": 844}, "screen": {"width": 390, "height": 844}, "is_mobile": True}
        page = new_context(**phone, has_touch=True).new_page()
        page.goto(their_site + path)
        mobile = Widget(page).open()
        whole = page.evaluate("[visualViewport.width, visualViewport.height]")
        box = mobile.panel.bounding_box()
        assert box
        assert box["width"] >= whole[0] - 2, path
        assert box["height"] >= whole[1] - 2, path
        assert mobile.field.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 16


def test_03_greeting_hot_questions_ai_label_and_person_button(new_widget: NewWidget) -> None:
    widget = new_widget().open()
    expect(widget.host.locator(".title")).to_contain_text("AI 助手")
    expect(widget.host.locator(".row.bot .bubble .ai").first).to_have_text("AI")
    chips = widget.host.get_by_role("group", name="大家常问").get_by_role("button")
    assert 1 <= chips.count() <= 6
    place = widget.person_button.bounding_box()
    question = chips.first.inner_text()
    chips.first.click()
    expect(widget.own(question)).to_have_count(1)
    expect(widget.bubbles("bot").nth(1)).to_be_visible()
    assert widget.person_button.bounding_box() == place
    expect(widget.person_button).to_be_enabled()


def test_04_the_bubble_is_there_at_once_and_then_delivered_and_read(
    new_widget: NewWidget, lina: Person, new_desk: NewDesk
) -> None:
    widget = new_widget("/chat")
    widget.ask("你好", re.compile("."))
    widget.field.fill("快不快")
    took = widget.field.evaluate(
        """async (field) => {
            const log = field.getRootNode().querySelector('[role=log]')
            const done = new Promise((resolve) => {
              const watch = () => log.textContent.includes('快不快') ? resolve(performance.now()) : requestAnimationFrame(watch)
              watch()
            })
            const start = performance.now()
            field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
            return (await done) - start
        }"""
    )
    assert took < 50, f"{took:.0f} ms"
    expect(widget.host.locator(".row.customer .state").last).to_have_text("已送达")
    lina.take_over(widget.conversation_id())
    new_desk(lina).show(widget.conversation_id())
    expect(widget.host.locator(".row.customer .state").last).to_have_text("已读")


def test_04_without_an_ack_it_fails_visibly_and_a_retry_leaves_one_copy(
    new_context: NewContext, server: Server, lina: Person
) -> None:
    page = new_context().new_page()
    bend_time(page, {10_000: 400})
    line = Line(page)
    page.goto(f"{server.url}/chat")
    widget = Widget(page)
    widget.ask("你好", re.compile("."))
    # The server gets it and answers, and the answer is lost.
    line.loses = lambda frame: frame["type"] in ("ack", "events")
    widget.say("回执丢了")
    failed = widget.host.locator(".state.failed")
    expect(failed).to_contain_text("发送失败")
    line.loses = lambda frame: False
    failed.get_by_role("button", name="重试").click()
    expect(failed).to_have_count(0)
    expect(widget.host.locator(".row.customer .state").last).to_have_text("已送达")
    expect(widget.own("回执丢了")).to_have_count(1)
    assert [f["id"] for f in line.sent if f["type"] == "send"][-1] == [
        f["id"] for f in line.sent if f["type"] == "send"
    ][-2]
    texts = [event["data"].get("text") for event in lina.events(widget.conversation_id())]
    assert texts.count("回执丢了") == 1


def test_05_dots_or_answer_within_a_second_and_typing_is_told_every_three(
    new_context: NewContext, server: Server, lina: Person, new_shopper: NewShopper
) -> None:
    page = new_context().new_page()
    bend_time(page, {5000: 700})
    line = Line(page)
    page.goto(f"{server.url}/chat")
    widget = Widget(page)
    widget.say("什么时候发货")
    expect(widget.host.locator(".typing, .row.bot:nth-of-type(n+3) .bubble").first).to_be_visible(timeout=1000)
    widget.expect_answer("48")
    lina.take_over(widget.conversation_id())
    expect(widget.host.locator(".title")).to_contain_text("客服 李娜")
    line.sent.clear()
    widget.field.press_sequentially("一二三四五六七八九十", delay=20)
    assert line.sent_types().count("typing") == 1
    # Dots that nobody follows up vanish (five seconds, shortened here).
    line.tell({"type": "typing", "actor": {"kind": "staff", "name": "李娜"}})
    dots = widget.host.get_by_role("img", name=re.compile("正在输入"))
    expect(dots).to_be_visible()
    expect(dots).to_have_count(0)


def test_06_a_broken_socket_shows_a_banner_and_resumes_without_loss(
    new_widget: NewWidget, server: Server, lina: Person
) -> None:
    widget = new_widget("/chat")
    widget.ask("什么时候发货", "48")
    conversation = widget.conversation_id()
    lina.take_over(conversation)
    expect(widget.host.locator(".title")).to_contain_text("客服 李娜")
    server.kill_web_child()
    expect(widget.banner).to_contain_text("网络已断开")
    widget.say("断线一")
    widget.say("断线二")
    server.wait_until_ready()
    lina.say(conversation, "您断线时我说的话")
    expect(widget.bubbles("staff").filter(has_text="您断线时我说的话")).to_have_count(1, timeout=15_000)
    expect(widget.banner).not_to_contain_text("网络已断开", timeout=15_000)
    for text in ("断线一", "断线二"):
        expect(widget.own(text)).to_have_count(1)
    expect(widget.host.locator(".row.customer .state").last).to_have_text(re.compile("已送达|已读"))
    texts = [event["data"].get("text") for event in lina.events(conversation)]
    assert [text for text in texts if text and text.startswith("断线")] == ["断线一", "断线二"]


def test_07_scrolled_up_it_never_jumps_and_says_how_many_came(
    new_widget: NewWidget, new_shopper: NewShopper, lina: Person
) -> None:
    shopper = new_shopper(name="往上看的人")
    conversation = shopper.ask_for_person()
    lina.take_over(conversation)
    for number in range(25):
        lina.say(conversation, f"第 {number} 句")
    widget = new_widget("/chat", shopper=shopper, viewport={"width": 480, "height": 700})
    expect(widget.bubbles("staff").last).to_have_text("第 24 句")
    expect(widget.log).to_be_visible()
    at_bottom = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 4"
    assert widget.log.evaluate(at_bottom)
    lina.say(conversation, "粘在底部")
    expect(widget.bubbles("staff").filter(has_text="粘在底部")).to_be_in_viewport()

    widget.log.hover()
    widget.page.mouse.wheel(0, -500)
    expect(widget.host.locator(".pill")).to_be_visible()
    before = widget.log.evaluate("log => log.scrollTop")
    read = shopper.snapshot()["conversation"]["customer_read_seq"]
    lina.say(conversation, "新的一句")
    lina.say(conversation, "新的两句")
    expect(widget.host.locator(".pill")).to_contain_text("2 条新消息")
    assert widget.log.evaluate("log => log.scrollTop") == before
    assert shopper.snapshot()["conversation"]["customer_read_seq"] == read, "read only what was seen"
    widget.host.locator(".pill").click()
    expect(widget.bubbles("staff").filter(has_text="新的两句")).to_be_in_viewport()
    expect(widget.host.locator(".pill")).to_have_count(0)
    Shopper.wait(lambda: shopper.snapshot()["conversation"]["customer_read_seq"] > read, "never read")


def test_08_reload_and_second_tab_keep_conversation_and_draft(new_widget: NewWidget, new_context: NewContext) -> None:
    context = new_context()
    widget = new_widget("/chat", context=context)
    widget.ask("什么时候发货", "48")
    widget.field.fill("还没写完的")
    other = new_widget("/chat", context=context)
    expect(other.own("什么时候发货")).to_have_count(1)
    assert other.conversation_id() == widget.conversation_id()
    other.say("在第二个标签页说的")
    expect(widget.own("在第二个标签页说的")).to_have_count(1)
    widget.field.fill("还没写完的话")
    widget.page.reload()
    expect(widget.field).to_have_value("还没写完的话")
    expect(widget.own("在第二个标签页说的")).to_have_count(1)
    expect(widget.own("什么时候发货")).to_have_count(1)


def test_09_keys_and_limit(new_widget: NewWidget) -> None:
    widget = new_widget("/chat")
    widget.field.fill("第一行")
    widget.field.press("Shift+Enter")
    widget.field.press_sequentially("第二行")
    expect(widget.field).to_have_value("第一行\n第二行")
    # The input method takes Enter for itself.
    for given in ("isComposing: true", "keyCode: 229"):
        widget.field.evaluate(
            f"node => node.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {given}}}))"
        )
    expect(widget.field).to_have_value("第一行\n第二行")
    expect(widget.bubbles("customer")).to_have_count(0)
    widget.field.press("Enter")
    expect(widget.bubbles("customer")).to_have_count(1)

    counter = widget.host.locator(".count")
    widget.field.fill("字" * 1799)
    expect(counter).to_have_count(0)
    widget.field.fill("字" * 1800)
    expect(counter).to_have_text("1800/2000")
    widget.field.fill("字" * 2001)
    expect(counter).to_contain_text("最多 2000 字")
    expect(widget.field).to_have_attribute("aria-invalid", "true")
    expect(widget.send_button).to_be_disabled()
    widget.field.press("Enter")
    expect(widget.bubbles("customer")).to_have_count(1)
    widget.field.fill("字" * 2000)
    widget.field.press("Enter")
    expect(widget.bubbles("customer")).to_have_count(2)
    expect(widget.host.locator(".row.customer .state").last).to_have_text("已送达")


def test_10_pictures_by_button_paste_and_drop_and_refusals_in_words(new_widget: NewWidget) -> None:
    widget = new_widget("/chat")
    png = make_picture(320, 200)
    widget.attach("按钮.png", "image/png", png)
    widget.hand_over("paste", [("粘贴.png", "image/png", png)])
    widget.hand_over("drop", [("拖入.png", "image/png", png)])
    expect(widget.host.locator(".chosen img")).to_have_count(3)
    widget.host.get_by_role("button", name="移除 粘贴.png").click()
    expect(widget.host.locator(".chosen img")).to_have_count(2)
    widget.send_button.click()
    pictures = widget.host.locator(".row.customer button.picture img")
    expect(pictures).to_have_count(2)
    expect(pictures.first).to_have_js_property("naturalWidth", 320)
    pictures.first.click()
    lightbox = widget.host.get_by_role("dialog", name=re.compile("按钮.png"))
    expect(lightbox).to_be_visible()
    lightbox.get_by_role("button", name="放大").click()
    expect(lightbox.get_by_role("button", name="放大")).to_have_attribute("aria-pressed", "true")
    widget.page.keyboard.press("Escape")
    expect(lightbox).to_have_count(0)

    for name, mime in (("setup.exe", "application/octet-stream"), ("logo.svg", "image/svg+xml")):
        widget.attach(name, mime, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
        expect(widget.banner).to_contain_text(f"{name}: 暂不支持这种文件")
    widget.attach("big.png", "image/png", b"\0" * (10 * 2**20 + 1))
    expect(widget.banner).to_contain_text("超过 10 MB")
    expect(widget.host.locator(".chosen img")).to_have_count(0)
    # What only looks like a picture is refused by the server, in words, and can be taken away.
    widget.attach("假的.png", "image/png", b"MZ this is a program")
    widget.send_button.click()
    failed = widget.host.locator(".state.failed")
    expect(failed).to_have_text(re.compile(r"[\u4e00-\u9fff]{4,}"))
    failed.get_by_role("button", name="移除").click()
    expect(failed).to_have_count(0)


def test_11_order_card_product_card_and_used_buttons(new_widget: NewWidget, new_shopper: NewShopper) -> None:
    widget = new_widget("/demo/products/p-clothes-01", shopper=new_shopper(account_id="u1014")).open()
    widget.host.get_by_role("button", name="选择订单").click()
    row = widget.host.get_by_role("dialog", name="选择订单").locator(".choice").first
    number = row.locator("small").first.inner_text()
    row.click()
    card = widget.host.locator(".row.bot .card").filter(has_text=number)
    expect(card.locator(".item").first).to_be_visible()
    expect(card.locator(".price")).to_have_text(re.compile(r"¥[\d,]+\.\d\d"))
    expect(card.get_by_label("订单进度").locator("li").first).to_be_visible()
    # A button is used once; the others of its message go with it.
    widget.say("会员积分")
    buttons = widget.host.locator(".card .actions .button")
    expect(buttons.nth(1)).to_be_visible()
    label = buttons.first.inner_text()
    buttons.first.click()
    expect(buttons.first).to_be_disabled()
    expect(buttons.nth(1)).to_be_disabled()
    expect(widget.own(label)).to_have_count(1)
    expect(widget.bubbles("bot").last).not_to_have_text("")


def test_12_order_sheet_and_product_in_view(new_widget: NewWidget, new_shopper: NewShopper, lina: Person) -> None:
    shopper = new_shopper(account_id="u1015")
    widget = new_widget("/demo/products/p-clothes-03", shopper=shopper).open()
    title = widget.page.get_by_role("heading", level=1).inner_text()
    viewed = widget.host.locator(".viewed")
    expect(viewed).to_contain_text(title)
    viewed.get_by_role("button", name="发送给客服").click()
    product = widget.host.locator(".row.customer .card.product")
    expect(product).to_contain_text(title)
    expect(product.get_by_role("link")).to_have_attribute("rel", re.compile("noopener"))
    expect(viewed).to_have_count(0)
    snapshot = lina.call("GET", f"/conversations/{widget.conversation_id()}")
    assert snapshot["conversation"]["context"]["url"].endswith("/demo/products/p-clothes-03")

    widget.host.get_by_role("button", name="选择订单").click()
    sheet = widget.host.get_by_role("dialog", name="选择订单")
    expect(sheet.locator(".choice")).to_have_count(len(shopper.call("GET", "/visitor/orders")["orders"]))
    widget.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(widget.field).to_be_focused()

    guest = new_widget("/chat")
    guest.host.get_by_role("button", name="选择订单").click()
    expect(guest.host.get_by_text("登录后即可选择订单")).to_be_visible()


def test_13_place_in_the_queue_is_live(
    new_widget: NewWidget, new_shopper: NewShopper, lina: Person, owner: Person
) -> None:
    waiting = len(lina.call("GET", "/conversations?view=queue")["items"])
    first = new_shopper(name="排在前面的人").ask_for_person()
    widget = new_widget("/chat")
    widget.person_button.click()
    expect(widget.banner).to_contain_text(f"您排在第 {waiting + 2} 位")
    lina.take_over(first)
    expect(widget.banner).to_contain_text(f"您排在第 {waiting + 1} 位")
    lina.take_over(widget.conversation_id())
    expect(widget.host.locator(".title")).to_contain_text("客服 李娜")
    expect(widget.banner).not_to_contain_text("您排在")

    # Out of hours it says when there will be somebody.
    before = owner.change_settings(hours={day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})
    try:
        late = new_widget("/chat")
        late.person_button.click()
        expect(late.banner).to_contain_text("人工客服服务时间")
    finally:
        owner.change_settings(hours=before["hours"])


def test_15_one_rating_skippable_and_changeable(
    new_widget: NewWidget, new_shopper: NewShopper, lina: Person, new_context: NewContext
) -> None:
    shopper = new_shopper(name="打分的人")
    conversation = shopper.ask("在吗")
    context = new_context()
    widget = new_widget("/chat", shopper=shopper, context=context)
    expect(widget.own("在吗")).to_be_visible()
    widget.host.get_by_role("button", name="更多选项").click()
    widget.host.locator(".menu").get_by_role("button", name="结束对话").click()
    widget.host.get_by_role("dialog", name="确定要结束这次对话吗").get_by_role("button", name="结束对话").click()
    form = widget.host.get_by_role("form", name="请为本次服务打分")
    form.get_by_role("radio", name="2 星").check(force=True)
    expect(form).to_contain_text("不满意")
    form.get_by_role("button", name="回复慢").click()
    form.get_by_role("textbox").fill("等了很久")
    form.get_by_role("button", name="提交评价").click()
    expect(widget.host.locator("p.line", has_text="您的评价：2 星")).to_be_visible()
    expect(form).to_have_count(0)
    widget.page.reload()
    expect(widget.host.locator("p.line", has_text="您的评价：2 星")).to_be_visible()
    expect(form).to_have_count(0)
    rating = lina.call("GET", f"/conversations/{conversation}")["conversation"]["rating"]
    assert (rating["score"], rating["tags"], rating["comment"]) == (2, ["回复慢"], "等了很久")

    # A change of mind within the day is taken, by the form where there is one, by the API in any case.
    shopper.rate(conversation, 4, [])
    expect(widget.host.locator("p.line", has_text="您的评价：4 星")).to_be_visible()
    assert lina.call("GET", f"/conversations/{conversation}")["conversation"]["rating"]["score"] == 4

    # Skipped is answered, too.
    other = new_shopper(name="跳过的人")
    other.ask("在吗")
    other.call("POST", "/visitor/end")
    skipped = new_widget("/chat", shopper=other)
    skipped.host.get_by_role("button", name="跳过").click()
    expect(skipped.host.get_by_role("form", name="请为本次服务打分")).to_have_count(0)
    skipped.page.reload()
    expect(skipped.own("在吗")).to_be_visible()
    expect(skipped.host.get_by_role("form", name="请为本次服务打分")).to_have_count(0)


def test_15_a_rating_can_be_changed_in_the_widget(new_widget: NewWidget, new_shopper: NewShopper) -> None:
    shopper = new_shopper(name="改主意的人")
    conversation = shopper.ask("在吗")
    shopper.call("POST", "/visitor/end")
    shopper.rate(conversation, 2, [])
    widget = new_widget("/chat", shopper=shopper)
    expect(widget.host.locator("p.line", has_text="您的评价：2 星")).to_be_visible()
    widget.host.get_by_role("button", name=re.compile("修改评价|更改评价|修改|重新评价")).click(timeout=3000)
    form = widget.host.get_by_role("form", name="请为本次服务打分")
    form.get_by_role("radio", name="5 星").check(force=True)
    form.get_by_role("button", name="提交评价").click()
    expect(widget.host.locator("p.line", has_text="您的评价：5 星")).to_be_visible()


def test_17_roles_focus_and_escape(new_widget: NewWidget) -> None:
    widget = new_widget()
    widget.launcher.focus()
    widget.page.keyboard.press("Enter")
    expect(widget.host.get_by_role("dialog", name=re.compile("客服对话"))).to_be_visible()
    expect(widget.field).to_be_focused()
    expect(widget.log).to_have_attribute("aria-live", "polite")
    widget.host.get_by_role("button", name="更多选项").click()
    expect(widget.host.locator(".menu button").first).to_be_focused()
    widget.page.keyboard.press("Escape")
    expect(widget.host.locator(".menu")).to_have_count(0)
    expect(widget.panel).to_be_visible()
    widget.field.focus()
    widget.page.keyboard.press("Escape")
    expect(widget.panel).to_have_count(0)
    expect(widget.launcher).to_be_focused()
    # Everything that is pressed is at least 24 px each way.
    widget.open()
    small = widget.panel.evaluate(
        """panel => [...panel.querySelectorAll('button, a, textarea')].filter((node) => {
            const { width, height } = node.getBoundingClientRect()
            return width && (width < 24 || height < 24)
        }).map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_17_at_400_percent_nothing_is_lost(new_widget: NewWidget) -> None:
    # 1280 × 1024 at 400 % is 320 × 256 CSS pixels.
    widget = new_widget("/chat", viewport={"width": 320, "height": 256})
    expect(widget.field).to_be_in_viewport()
    expect(widget.person_button).to_be_in_viewport()
    assert widget.page.evaluate("document.documentElement.scrollWidth") <= 320
    widget.say("什么时候发货")
    widget.expect_answer("48")
    height = widget.log.evaluate("log => log.clientHeight")
    assert height >= 60, f"only {height} px are left to read in"


def test_18_locale_switches_without_reload(new_widget: NewWidget) -> None:
    widget = new_widget("/chat")
    widget.ask("什么时候发货", "48")
    widget.page.evaluate("window.stayed = true")
    widget.field.fill("draft")
    widget.host.get_by_role("button", name="更多选项").click()
    widget.host.get_by_role("button", name="English").click()
    expect(widget.host.get_by_role("button", name="Live agent")).to_be_visible()
    expect(widget.field).to_have_attribute("aria-label", "Message")
    expect(widget.field).to_have_value("draft")
    expect(widget.host.locator(".root")).to_have_attribute("lang", "en")
    assert widget.page.evaluate("window.stayed")
    expect(widget.own("什么时候发货")).to_have_count(1)
    widget.say("how long does delivery take")
    expect(widget.host.locator(".row.bot").last).to_contain_text(re.compile("[a-z]{3,} [a-z]{2,}"))
    # It is remembered.
    widget.page.reload()
    expect(widget.host.get_by_role("button", name="Live agent")).to_be_visible()


def test_18_the_widget_speaks_the_language_of_the_page(new_widget: NewWidget) -> None:
    widget = new_widget("/demo", locale="en-GB")
    expect(widget.page.get_by_role("heading", level=1)).to_have_text(re.compile("[A-Z][a-z]+ "))
    expect(widget.launcher).to_have_accessible_name(re.compile("Chat with us"))


# A dialogue is an alert here, a request to nowhere, or a flag in the page's window.
XSS = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<a href='javascript:window.pwned=1'>点我</a>",
    "[点我](javascript:window.pwned=1)",
    "[点我](JaVaScRiPt:window.pwned=1)",
    "[点我](data:text/html,<script>window.pwned=1</script>)",
    "[点我](vbscript:window.pwned=1)",
    '[点我](https://example.com/"onmouseover="window.pwned=1)',
    "**<img src=x onerror=window.pwned=1>**",
    "- <img src=x onerror=window.pwned=1>",
    "[<img src=x onerror=window.pwned=1>](https://example.com)",
    '"><script>window.pwned=1</script>',
    "'-window.pwned=1-'",
    "{{constructor.constructor('window.pwned=1')()}}",
    "<style>*{display:none}</style>",
    "<form action=javascript:window.pwned=1><button>发送</button></form>",
    "<math><mtext><style><img src=x onerror=window.pwned=1></style></mtext></math>",
    "&lt;img src=x onerror=window.pwned=1&gt;<details open ontoggle=window.pwned=1>",
]
_FOREIGN = "script, iframe, style, math, details, img[onerror], svg[onload], form[action], [onmouseover]"


def check_harmless(page: Page, inside: str) -> None:
    """Nothing ran, no foreign element came to be, every link goes to the web and cannot reach back."""
    found = page.evaluate(
        """([inside, foreign]) => {
            const root = document.querySelector('xiaoer-widget')?.shadowRoot ?? document
            const places = [...root.querySelectorAll(inside)]
            const links = places.flatMap((place) => [...place.querySelectorAll('a')])
            return {
              pwned: window.pwned ?? null,
              places: places.length,
              foreign: places.flatMap((place) => [...place.querySelectorAll(foreign)]).map((node) => node.outerHTML),
              links: links.filter((a) => !/^https?:$/.test(a.protocol) || !a.rel.includes('noopener')).map((a) => a.outerHTML),
            }
        }""",
        [inside, _FOREIGN],
    )
    assert found["places"]
    assert (found["pwned"], found["foreign"], found["links"]) == (None, [], [])


def test_19_nothing_in_a_message_runs(
    new_widget: NewWidget, new_shopper: NewShopper, new_desk: NewDesk, owner: Person, lina: Person
) -> None:
    shopper = new_shopper(name="<img src=x onerror=window.pwned=1>")
    conversation = shopper.ask_for_person()
    lina.take_over(conversation)
    for text in XSS:
        shopper.say(text)
        lina.say(conversation, text)
    widget = new_widget("/chat", shopper=shopper)
    # What the shopper typed is shown as typed.
    for text in XSS[:4]:
        expect(widget.own(text)).to_have_count(1)
    expect(widget.bubbles("staff").last).to_be_visible()
    check_harmless(widget.page, ".bubble")
    desk = new_desk(lina).show(conversation)
    expect(desk.log.get_by_text(XSS[0], exact=True).first).to_be_visible()
    desk.page.get_by_role("complementary", name="顾客资料").locator("dl").first.wait_for()
    check_harmless(desk.page, "article .bubble")
    assert desk.page.evaluate("window.pwned ?? null") is None


def test_19_nothing_in_an_answer_runs(new_widget: NewWidget, owner: Person) -> None:
    entry = owner.add_entry(
        "怎么领取喵星球通行证？", "\n\n".join(XSS) + "\n\n见 https://example.com/help 和 [帮助](https://example.com)"
    )
    try:
        widget = new_widget("/chat")
        widget.ask("怎么领取喵星球通行证", "example.com/help")
        check_harmless(widget.page, ".row.bot .bubble")
        links = widget.host.locator(".row.bot .bubble a[href='https://example.com/']")
        expect(links.last).to_have_attribute("rel", re.compile("noopener"))
        expect(links.last).to_have_attribute("target", "_blank")
    finally:
        owner.call("DELETE", f"/knowledge/entries/{entry}")


def test_19_card_numbers_never_leave_the_browser(new_context: NewContext, server: Server, lina: Person) -> None:
    page = new_context().new_page()
    line = Line(page)
    page.goto(f"{server.url}/chat")
    widget = Widget(page)
    widget.say("我的卡 6222 0212 3456 7894 被扣了两次")
    expect(widget.bubbles("customer").last).to_have_text("我的卡 **** **** **** 7894 被扣了两次")
    expect(widget.bubbles("bot").nth(1)).to_be_visible()
    assert not [frame for frame in line.sent if "6222" in str(frame)]
    assert "6222" not in str(lina.events(widget.conversation_id()))
    # A phone number is sealed by the server; colleagues see its mask only.
    widget.say("我的电话 13812345678")
    expect(widget.bubbles("customer").last).to_contain_text("138****5678")
    assert "13812345678" not in str(lina.events(widget.conversation_id()))
