"""The whole story: a shopper asks, a person takes over, both reload, the server is killed, nothing is lost."""

from __future__ import annotations

import re
from collections import Counter

from playwright.sync_api import Page, expect

from .conftest import NewContext
from .pages import Desk, Widget, listen, make_picture
from .server import Person, Server

NAME = "林晓雨"
NOTE = "内部备注：顾客是老客户，可补偿十元券"


def test_a_shopper_is_answered_and_a_person_takes_over(server: Server, new_context: NewContext, lina: Person) -> None:
    shop = new_context()
    shop_page = shop.new_page()
    heard = listen(shop_page)
    widget = open_on_a_product_page(shop_page, server.url)

    asks_about_shipping(widget)
    asks_for_the_order(widget)
    sends_a_picture(widget)
    asks_for_a_person(widget, len(lina.call("GET", "/conversations?view=queue")["items"]) + 1)

    console = new_context()
    desk = sign_in(console.new_page(), server.url, lina)
    finds_and_takes_over(desk)
    conversation_id = desk.page.url.rpartition("/")[2]
    both_talk(widget, desk)
    desk.note(NOTE)

    reloads_lose_nothing(widget, desk)
    a_killed_server_loses_nothing(widget, desk, server)
    resolves_and_is_rated(widget, desk)

    # The note stayed inside: not on the screen, not in any frame, not in the history that the widget can fetch.
    expect(desk.log.get_by_text(NOTE)).to_be_visible()
    assert "内部备注" not in widget.host.inner_text()
    assert not [frame for frame in heard if "内部备注" in frame or "\\u5185\\u90e8\\u5907" in frame]
    check_numbers(lina, conversation_id)


def open_on_a_product_page(page: Page, url: str) -> Widget:
    page.goto(f"{url}/demo")
    page.get_by_label("登录为").select_option("u1001")
    page.locator("a.card").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    widget = Widget(page)
    page.get_by_role("button", name="咨询客服").click()
    expect(widget.panel).to_be_visible()
    expect(widget.field).to_be_focused()
    # Who greets is a machine and says so; the hot questions are there, six at most.
    expect(widget.host.locator(".row.bot .who").first).to_contain_text("AI 助手")
    expect(widget.host.locator(".row.bot .bubble .ai").first).to_have_text("AI")
    chips = widget.host.get_by_role("group", name="大家常问").get_by_role("button")
    expect(chips.first).to_be_visible()
    assert 1 <= chips.count() <= 6
    # The product in view travels along.
    expect(widget.host.locator(".viewed")).to_contain_text(page.get_by_role("heading", level=1).inner_text())
    return widget


def asks_about_shipping(widget: Widget) -> None:
    widget.say("什么时候发货")
    expect(widget.own("什么时候发货")).to_have_count(1)
    widget.expect_answer("48")
    expect(widget.host.locator(".row.bot").last.locator(".ai").first).to_have_text("AI")


def asks_for_the_order(widget: Widget) -> None:
    widget.say("我的订单到哪了")
    choice = widget.host.locator(".row.bot .choice").filter(has_text="运输中")
    choice.click()
    expect(choice).to_be_disabled()
    number = choice.locator("small").first.inner_text()
    expect(widget.bubbles("bot").filter(has_text=number)).to_be_visible()
    # The card with the trace: where the parcel is, newest first, with the number to copy.
    parcel = widget.host.locator(".row.bot .card").filter(has_text="物流单号")
    expect(parcel.locator("ol.steps li").first).to_be_visible()
    expect(parcel.get_by_role("button", name=re.compile("^复制"))).to_be_visible()
    times = parcel.locator("time").evaluate_all("nodes => nodes.map((node) => node.dateTime)")
    assert times == sorted(times, reverse=True)
    assert len(times) >= 2


def sends_a_picture(widget: Widget) -> None:
    widget.attach("破损.png", "image/png", make_picture())
    expect(widget.host.locator(".chosen img")).to_be_visible()
    widget.send_button.click()
    picture = widget.host.locator(".row.customer button.picture img")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 480)


def asks_for_a_person(widget: Widget, place: int) -> None:
    widget.person_button.click()
    expect(widget.banner).to_contain_text(f"您排在第 {place} 位")
    expect(widget.host.locator(".title")).to_contain_text("正在转接人工客服")
    expect(widget.person_button).to_be_disabled()


def sign_in(page: Page, url: str, person: Person) -> Desk:
    page.goto(url)
    page.get_by_label("邮箱").fill(person.email)
    page.get_by_role("textbox", name="密码").fill(person.password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/conversations")
    return Desk(page, url)


def finds_and_takes_over(desk: Desk) -> None:
    desk.tab("排队")
    row = desk.row(NAME)
    expect(row).to_have_count(1)
    row.click()
    expect(desk.summary).to_contain_text("什么时候发货")
    expect(desk.summary).to_contain_text("我的订单到哪了")
    expect(desk.summary).to_contain_text("顾客要求人工")
    expect(desk.log).to_contain_text("48")
    picture = desk.log.get_by_role("button", name=re.compile("放大图片")).locator("img")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 480)
    # The page the shopper looks at, and their orders.
    panel = desk.page.get_by_role("complementary", name="顾客资料")
    expect(panel).to_contain_text("已验证")
    expect(panel.get_by_text("运输中").first).to_be_visible()
    desk.take_over()


def both_talk(widget: Widget, desk: Desk) -> None:
    expect(widget.host.locator("p.line", has_text="客服 李娜 为您服务")).to_be_visible()
    expect(widget.host.locator(".title")).to_contain_text("客服 李娜")
    desk.box.press_sequentially("您好")
    typing = widget.host.get_by_role("img", name=re.compile("李娜.*正在输入"))
    expect(typing).to_be_visible()
    desk.reply("您好，包裹已到中转站，预计明天送达")
    expect(widget.bubbles("staff").filter(has_text="预计明天送达")).to_be_visible()
    expect(typing).to_have_count(0)
    expect(desk.entry("您好，包裹已到中转站，预计明天送达").get_by_text("已读")).to_be_visible()

    widget.field.press_sequentially("好的")
    expect(desk.log.get_by_text(re.compile(f"{NAME} 正在输入"))).to_be_visible()
    widget.say("好的，那破损的怎么办？")
    expect(desk.entry("好的，那破损的怎么办？")).to_be_visible()
    expect(widget.host.locator(".row.customer .state").last).to_have_text("已读")


def reloads_lose_nothing(widget: Widget, desk: Desk) -> None:
    seen, told = widget.said(), desk.said()
    widget.page.reload()
    desk.page.reload()
    widget.launcher.click()
    expect(widget.own("好的，那破损的怎么办？")).to_be_visible()
    expect(desk.log.get_by_text(NOTE)).to_be_visible()
    assert widget.said() == seen
    assert desk.said() == told


def a_killed_server_loses_nothing(widget: Widget, desk: Desk, server: Server) -> None:
    seen, told = widget.said(), desk.said()
    server.kill_tree()
    expect(widget.banner).to_contain_text("网络已断开")
    # Said into the void: it is kept, and leaves once somebody listens again.
    widget.say("断线时说的话")
    expect(widget.own("断线时说的话")).to_have_count(1)
    server.start()
    expect(widget.banner).not_to_contain_text("网络已断开", timeout=15_000)
    expect(desk.entry("断线时说的话")).to_be_visible(timeout=15_000)
    desk.reply("收到，破损的我给您补发")
    expect(widget.bubbles("staff").filter(has_text="我给您补发")).to_be_visible()
    assert widget.said() == [*seen, "row customer|断线时说的话", "row staff|收到，破损的我给您补发"]
    assert desk.said() == [*told, "断线时说的话", "收到，破损的我给您补发"]


def resolves_and_is_rated(widget: Widget, desk: Desk) -> None:
    desk.resolve()
    expect(widget.host.locator("p.line", has_text="对话已结束")).to_be_visible()
    form = widget.host.get_by_role("form", name="请为本次服务打分")
    form.get_by_role("radio", name="5 星").check(force=True)
    form.get_by_role("button", name="态度好").click()
    form.get_by_role("button", name="提交评价").click()
    expect(widget.host.locator("p.line", has_text="您的评价：5 星")).to_be_visible()
    expect(form).to_have_count(0)
    expect(desk.log.get_by_text(re.compile("顾客评分 5/5.*态度好"))).to_be_visible()
    desk.tab("已结束")
    expect(desk.row(NAME).first).to_contain_text("评分 5/5")


def check_numbers(lina: Person, conversation_id: str) -> None:
    """Both sequences without a gap, and no message twice."""
    events = lina.events(conversation_id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    public = [event["public_seq"] for event in events if event.get("public_seq")]
    assert public == list(range(1, len(public) + 1))
    ids = Counter(event["client_id"] for event in events if event.get("client_id"))
    assert not [one for one, times in ids.items() if times > 1]
    kinds = Counter(event["kind"] for event in events)
    assert kinds["note"] == 1
    assert all(event.get("public_seq") is None for event in events if event["kind"] in ("note", "summarised"))
