"""The widget on a shop's own pages: another origin, another encoding, several tabs, the shop's settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Response, expect

from .conftest import NewContext
from .pages import Widget, make_picture
from .server import Person, Server

PAGE = """<!doctype html><meta charset="gbk"><title>另一家网站</title>
<style>*{{letter-spacing:9px!important}} button{{display:none!important}}</style>
<h1>商品页面</h1><script async src="{url}/widget.js" data-shop="{key}" data-locale="zh-CN"></script>"""


@pytest.fixture
def foreign(server: Server, widget_key: str) -> Iterator[str]:
    """A page in GBK on an origin of its own that embeds the widget by its tag."""
    body = PAGE.format(url=server.url, key=widget_key).encode("gbk")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=gbk")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://localhost:{site.server_port}"
    site.shutdown()
    site.server_close()


@pytest.fixture
def settings(owner: Person) -> Iterator[Any]:
    """Change the shop's settings for one test."""
    before: dict[str, Any] = {}

    def change(**changes: Any) -> None:
        kept = owner.change_settings(**changes)
        before.update({key: kept[key] for key in changes if key not in before})

    yield change
    owner.change_settings(**before)


def test_a_page_of_another_origin_and_encoding(foreign: str, new_context: NewContext) -> None:
    page = new_context().new_page()
    methods: list[str] = []
    page.on("request", lambda request: methods.append(f"{request.method} {request.url.rpartition('/api/v1')[2]}"))
    page.goto(foreign)
    assert page.evaluate("document.characterSet") == "GBK"
    widget = Widget(page).open()
    expect(widget.field).to_have_attribute("placeholder", "请输入您的问题…")
    expect(widget.person_button).to_be_visible()
    widget.say("什么时候发货")
    widget.expect_answer("48")
    widget.attach("破损.png", "image/png", make_picture())
    widget.send_button.click()
    picture = widget.host.locator(".row.customer button.picture img")
    expect(picture).to_have_js_property("naturalWidth", 480)
    assert "POST /visitor/attachments" in methods
    # Without sockets, plain requests carry it; they are made across origins with a preflight.
    status = page.evaluate(
        """async ([base, token]) => (await fetch(`${base}/api/v1/visitor/orders`,
             {headers: {Authorization: `Bearer ${token}`, 'Accept-Language': 'zh-CN'}})).status""",
        [page.evaluate("document.scripts[0].src").rpartition("/")[0], widget.token()],
    )
    assert status == 200
    page.reload()
    widget.open()
    expect(widget.own("什么时候发货")).to_have_count(1)
    assert widget.log.evaluate("log => getComputedStyle(log).letterSpacing") == "normal"


def test_a_sign_in_and_a_sign_out_reach_the_other_tab(server: Server, new_context: NewContext) -> None:
    context = new_context()
    made: list[str] = []

    def note(answer: Response) -> None:
        if answer.url.endswith("/visitors"):
            made.append(answer.json()["token"])

    context.on("response", note)
    tabs = []
    for _ in range(2):
        page = context.new_page()
        page.goto(f"{server.url}/demo")
        tabs.append(Widget(page).open())
    first, second = tabs
    first.ask("什么时候发货", "48")
    expect(second.own("什么时候发货")).to_have_count(1)
    guest = first.token()

    first.page.get_by_label("登录为").select_option("u1001")
    first.page.wait_for_function("(old) => !Object.values(localStorage).includes(old)", arg=guest)
    second.say("运费多少")
    expect(first.own("运费多少")).to_have_count(1)
    second.page.wait_for_timeout(2600)
    assert len(set(made)) == 2, "a guest and the shopper, nobody else"

    signed_in = first.token()
    first.page.get_by_label("登录为").select_option("")
    expect(first.own("运费多少")).to_have_count(0)
    expect(second.own("运费多少")).to_have_count(0)
    first.page.wait_for_function("(old) => Object.keys(localStorage).some((key) => key.endsWith(':token'))"
                                 " && !Object.values(localStorage).includes(old)", arg=signed_in)  # fmt: skip
    first.page.wait_for_timeout(2600)
    assert len(set(made)) == 3, "one new guest for both tabs"
    ask = (
        "async (token) => (await fetch('/api/v1/visitor/orders', {headers: {Authorization: `Bearer ${token}`}})).status"
    )
    assert first.page.evaluate(ask, signed_in) == 401


def test_the_shop_asks_for_a_name_in_its_own_colour(
    server: Server, new_context: NewContext, settings: Any, lina: Person, axe_source: str
) -> None:
    settings(ask_before_chat=["name"], colour="#ffd400", privacy_url="/privacy")
    page = new_context().new_page()
    page.goto(f"{server.url}/demo")
    widget = Widget(page)
    expect(widget.launcher).to_have_css("background-color", "rgb(255, 212, 0)")
    widget.launcher.click()
    name = widget.host.get_by_label("您的称呼")
    expect(name).to_be_focused()
    expect(widget.field).to_have_count(0)
    expect(widget.person_button).to_be_disabled()
    expect(widget.host.get_by_role("link", name="隐私政策")).to_have_attribute("href", f"{server.url}/privacy")
    consent = widget.host.get_by_role("checkbox")
    expect(consent).not_to_be_checked()
    page.evaluate(axe_source)
    found = page.evaluate("axe.run({include: ['xiaoer-widget']})")
    assert [problem["id"] for problem in found["violations"]] == []

    start = widget.host.get_by_role("button", name="开始对话")
    name.fill("  ")
    consent.check()
    start.click()
    expect(name).to_be_visible()
    name.fill("小林")
    start.click()
    expect(widget.field).to_be_focused()
    widget.ask("什么时候发货", "48")
    shown = lina.call("GET", f"/conversations/{widget.conversation_id()}")
    assert shown["conversation"]["customer"]["name"] == "小林"
    page.reload()
    widget.launcher.click()
    expect(widget.field).to_be_visible()


def test_a_rating_can_be_changed(server: Server, new_context: NewContext, lina: Person) -> None:
    page = new_context().new_page()
    page.goto(f"{server.url}/demo")
    widget = Widget(page).open()
    widget.ask("什么时候发货", "48")
    conversation_id = widget.conversation_id()
    lina.take_over(conversation_id)
    lina.resolve(conversation_id)
    rate = widget.host.get_by_role("button", name="提交评价")
    widget.host.locator(".stars label").nth(1).click()
    rate.click()
    expect(widget.log).to_contain_text("您的评价：2 星")
    expect(rate).to_have_count(0)
    page.reload()
    widget.open()
    widget.host.get_by_role("button", name="修改评价").click()
    expect(widget.host.get_by_role("radio", name="2 星")).to_be_checked()
    widget.host.locator(".stars label").nth(4).click()
    rate.click()
    expect(widget.log).to_contain_text("您的评价：5 星")
    expect(widget.host.get_by_role("button", name="修改评价")).to_have_count(1)
    assert lina.call("GET", f"/conversations/{conversation_id}")["conversation"]["rating"]["score"] == 5
