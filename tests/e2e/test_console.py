"""The console: who gets in, the live list, the race for a conversation, knowledge and settings."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import Page, expect

from .conftest import NewContext, NewDesk, NewWidget
from .server import LINA, Person, Server, Shopper

NewShopper = Callable[..., Shopper]
PASSWORD = "a long enough password"


def test_sign_in_refuses_and_admits(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/settings/people")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_label("邮箱")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("邮箱")).to_be_focused()
    # A wrong password and an unknown address are told apart by nobody.
    said = []
    for email in (LINA[0], "nobody@demo.example"):
        page.get_by_label("邮箱").fill(email)
        page.get_by_role("textbox", name="密码").fill("not the password")
        with page.expect_response("**/api/v1/session"):
            page.get_by_role("button", name="登录", exact=True).click()
        refusal = page.get_by_role("alert").filter(has_text=re.compile("密码"))
        expect(refusal).to_be_visible()
        said.append(refusal.inner_text())
    assert said[0] == said[1]
    page.get_by_label("邮箱").fill(LINA[0])
    page.get_by_role("textbox", name="密码").fill(LINA[1])
    page.get_by_role("textbox", name="密码").press("Enter")
    # An agent may not manage people: told so, not shown an empty page.
    expect(page.get_by_role("main").get_by_text("你的角色不能打开这个页面").last).to_be_visible()
    page.goto(server.url)
    expect(page).to_have_url(re.compile("/conversations"))
    page.get_by_role("button", name="李娜 的菜单").click()
    page.get_by_role("menuitem", name="退出登录").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto(f"{server.url}/conversations")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_first_run_wizard_to_the_first_chat(fresh_server: Server, page: Page) -> None:
    page.goto(fresh_server.url)
    expect(page.get_by_role("heading", name="开始使用小二")).to_be_visible()
    page.get_by_label("姓名").fill("周敏")
    page.get_by_label("邮箱").fill("zhou@shop.example")
    page.get_by_role("textbox", name="密码").fill("short")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_contain_text("至少")
    page.get_by_role("textbox", name="密码").fill(PASSWORD)
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="创建店铺").click()
    expect(page.get_by_role("alert")).to_contain_text("请填写")
    page.get_by_label("店铺名称").fill("一棵白菜")
    page.locator(".el-switch").click()
    page.get_by_role("button", name="创建店铺").click()
    expect(page.get_by_text("店铺已创建")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(re.compile(r"共 [3-9]\d\d 条问答"))).to_be_visible()
    expect(page.locator("pre")).to_contain_text(f'src="{fresh_server.url}/widget.js"')
    # The first chat, in the preview beside it.
    preview = page.frame_locator("iframe")
    preview.locator("xiaoer-widget .composer textarea").fill("什么时候发货")
    preview.locator("xiaoer-widget .composer textarea").press("Enter")
    expect(preview.locator("xiaoer-widget .row.bot").last).to_contain_text("48")
    page.get_by_role("link", name=re.compile("去会话页")).click()
    page.get_by_role("tab", name=re.compile("^机器人")).click()
    expect(page.locator("#conversation-rows .row")).to_have_count(1)
    # Once only.
    page.goto(f"{fresh_server.url}/setup")
    expect(page).not_to_have_url(re.compile("/setup"))


def test_the_list_is_live(new_desk: NewDesk, new_shopper: NewShopper, lina: Person) -> None:
    desk = new_desk(lina)
    tab = desk.page.get_by_role("tab", name=re.compile("^排队"))
    expect(desk.rows.first.or_(desk.page.get_by_text("没有人在排队"))).to_be_visible()
    waiting = int(re.sub(r"\D", "", tab.inner_text()))
    shopper = new_shopper(name="刚来的顾客")
    shopper.ask("运费多少")
    conversation = shopper.ask_for_person()
    row = desk.row("刚来的顾客")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("等待")
    expect(tab).to_contain_text(str(waiting + 1))
    shopper.say("还有人吗？")
    expect(row).to_contain_text("还有人吗？")
    expect(desk.page).to_have_title(re.compile(r"\(\d+\)"))
    lina.take_over(conversation)
    expect(row).to_have_count(0)
    expect(tab).to_contain_text(str(waiting))
    desk.tab("我的")
    expect(row).to_have_count(1)
    row.click()
    desk.reply("来了，您说")
    lina.resolve(conversation)
    expect(desk.log.get_by_text("客服结束了会话")).to_be_visible()
    expect(desk.page.get_by_text("会话已结束。顾客再发消息会开始新的会话。")).to_be_visible()


def test_two_agents_race_and_the_loser_is_told_who_won(
    new_desk: NewDesk, new_shopper: NewShopper, lina: Person, chen: Person
) -> None:
    shopper = new_shopper(name="抢手的顾客")
    conversation = shopper.ask_for_person()
    loser = new_desk(chen).show(conversation)
    button = loser.page.locator("header").get_by_role("button", name="接管", exact=True)
    expect(button).to_be_visible()
    # He clicks before he can know: the news of the other is held up on its way.
    held: list[str] = []
    loser.page.route("**/take-over", lambda route: (held.append("x"), lina.take_over(conversation), route.continue_()))
    button.click()
    expect(loser.toast.filter(has_text="李娜")).to_be_visible()
    assert held
    expect(loser.page.get_by_text("李娜 正在接待，这里只能看、写备注。")).to_be_visible()
    expect(button).to_have_count(0)
    names = [event["data"]["staff_name"] for event in lina.events(conversation) if event["kind"] == "taken_over"]
    assert names == ["李娜"]
    # A note from the side is welcome, and reaches the colleague at once, the shopper never.
    winner = new_desk(lina).show(conversation)
    loser.note("这位顾客上周也来过")
    expect(winner.log.locator("article.note").filter(has_text="上周也来过")).to_be_visible()
    assert "上周也来过" not in str(shopper.snapshot())


def test_hand_back_to_the_bot(new_desk: NewDesk, new_shopper: NewShopper, lina: Person) -> None:
    shopper = new_shopper(name="交回的顾客")
    conversation = shopper.ask_for_person()
    desk = new_desk(lina).show(conversation)
    desk.take_over()
    desk.page.locator("header").get_by_role("button", name="交回机器人").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="交回机器人").click()
    expect(desk.page.get_by_text("机器人正在接待。接管后可以回复。")).to_be_visible()
    shopper.ask("什么时候发货")
    expect(desk.log.locator("article.bot").last).to_contain_text("48")


def test_a_new_entry_answers_within_a_second(new_desk: NewDesk, new_widget: NewWidget, owner: Person) -> None:
    widget = new_widget("/chat")
    widget.ask("你们的水獭布偶能机洗吗", re.compile("."))
    page = new_desk(owner, "/knowledge").page
    page.get_by_role("button", name="新建条目").click()
    save = page.get_by_role("button", name="保存")
    page.get_by_label("标准问题").fill("水獭布偶能机洗吗？")
    save.click()
    expect(page.get_by_text("请填写答案")).to_be_visible()
    page.get_by_role("combobox", name="分类").click()
    page.get_by_role("option").first.click()
    page.get_by_placeholder("输入一种问法").fill("布偶水獭可以放洗衣机吗")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="答案", exact=True).fill("可以，装进**洗衣袋**，冷水轻柔档。")
    expect(page.get_by_label("顾客看到的样子").locator("strong")).to_have_text("洗衣袋")
    page.get_by_role("combobox", name="状态").click(force=True)
    page.get_by_role("option", name="已发布").click()
    save.click()
    expect(page.get_by_text("已保存")).to_be_visible()
    question = {"text": "布偶水獭可以放洗衣机吗？", "locale": "zh-CN"}
    Shopper.wait(
        lambda: "冷水轻柔档" in (owner.call("POST", "/knowledge/test", question)["answer"] or ""),
        "not live within a second of its publication",
        seconds=1.0,
    )
    widget.ask("布偶水獭可以放洗衣机吗？", "冷水轻柔档")
    expect(widget.host.locator(".row.bot .bubble strong", has_text="洗衣袋")).to_have_count(1)


def test_edit_compare_and_restore_an_entry(new_desk: NewDesk, new_widget: NewWidget, owner: Person) -> None:
    entry = owner.add_entry("树懒台灯怎么调亮度？", "轻触底座三秒。")
    try:
        page = new_desk(owner, f"/knowledge?q={quote('树懒台灯')}").page
        page.get_by_role("link", name="树懒台灯怎么调亮度？").click()
        answer = page.get_by_role("textbox", name="答案", exact=True)
        expect(answer).to_have_value("轻触底座三秒。")
        answer.fill("长按底座五秒。")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("已保存")).to_be_visible()
        # Somebody else was faster: told, nothing overwritten.
        held = owner.call("GET", f"/knowledge/entries/{entry}")
        keys = ("category", "state", "hot", "intent", "related", "content", "version")
        owner.call("PUT", f"/knowledge/entries/{entry}", {**{key: held[key] for key in keys}, "hot": 42})
        answer.fill("拍两下。")
        page.get_by_role("button", name="保存").click()
        conflict = page.get_by_role("alert").filter(has=page.get_by_role("button", name="看改了什么"))
        expect(conflict).to_be_visible()
        conflict.get_by_role("button", name="放弃我的，载入最新").click()
        expect(answer).to_have_value("长按底座五秒。")
        page.get_by_role("button", name="历史版本").click()
        drawer = page.get_by_role("dialog", name="历史版本")
        drawer.get_by_role("button", name=re.compile("第 1 版")).first.click()
        expect(drawer.locator("del").first).to_be_visible()
        drawer.get_by_role("button", name="恢复到第 1 版").click()
        page.get_by_role("dialog", name="恢复版本").get_by_role("button", name="恢复版本").click()
        expect(page.get_by_text("已恢复到第 1 版")).to_be_visible()
        expect(answer).to_have_value("轻触底座三秒。")
        question = {"text": "树懒台灯怎么调亮度"}
        Shopper.wait(
            lambda: "轻触底座三秒" in (owner.call("POST", "/knowledge/test", question)["answer"] or ""),
            "the restored answer is not live within a second",
            seconds=1.0,
        )
        widget = new_widget("/chat")
        widget.ask("树懒台灯怎么调亮度", "轻触底座三秒")
    finally:
        owner.call("DELETE", f"/knowledge/entries/{entry}")


def test_the_address_of_an_entry_survives_a_reload(new_desk: NewDesk, owner: Person) -> None:
    page = new_desk(owner, "/knowledge?category=account").page
    page.locator("tbody a").first.click()
    expect(page.get_by_text("相似问法").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("相似问法").first).to_be_visible()


def test_unsaved_changes_are_asked_about(new_desk: NewDesk, owner: Person) -> None:
    page = new_desk(owner, "/knowledge/entries/new").page
    page.get_by_label("标准问题").fill("还没写完")
    page.get_by_role("link", name="会话").click()
    dialog = page.get_by_role("dialog", name="有未保存的修改")
    dialog.get_by_role("button", name="取消").click()
    expect(page.get_by_label("标准问题")).to_have_value("还没写完")
    page.get_by_role("link", name="会话").click()
    dialog.get_by_role("button", name="放弃修改").click()
    expect(page).to_have_url(re.compile("/conversations"))


def test_import_names_broken_rows_and_writes_nothing_until_it_is_whole(new_desk: NewDesk, owner: Person) -> None:
    page = new_desk(owner, "/knowledge/import").page
    head = "id,category,question,similar,answer,locale,state\n"
    good = ",shipping,极光信封多久寄到？,极光信封几天到,三天左右。,zh-CN,published\n"
    bad = ",shipping,,x,没有问题的行,zh-CN,published\n,shipping,问？,y,答,xx-YY,published\n"

    def choose(text: str, name: str = "知识.csv") -> None:
        files = [{"name": name, "mimeType": "text/csv", "buffer": text.encode()}]
        page.locator("input[type=file]").set_input_files(files)

    choose("x", "知识.pdf")
    expect(page.get_by_text("只支持 CSV 和 XLSX 文件")).to_be_visible()
    choose(head + good + bad)
    rows = page.get_by_role("region", name="错误").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("3")
    expect(rows.nth(0)).to_contain_text("question")
    expect(rows.nth(1)).to_contain_text("4")
    expect(rows.nth(1)).to_contain_text("locale")
    for index in range(2):
        expect(rows.nth(index).locator("td").last).to_have_text(re.compile(r"[\u4e00-\u9fff]{3,}"))
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)
    assert owner.call("GET", f"/knowledge/entries?q={quote('极光信封')}")["total"] == 0
    choose(head + good)
    page.get_by_role("button", name="确认导入 1 条").click()
    expect(page.get_by_text("导入完成")).to_be_visible()
    page.get_by_role("link", name="查看知识条目").click()
    page.get_by_label("搜索问题、相似问法、答案").fill("极光信封")
    expect(page.get_by_role("link", name="极光信封多久寄到？")).to_be_visible()


def test_the_test_box_says_what_and_why(new_desk: NewDesk, owner: Person) -> None:
    page = new_desk(owner, "/knowledge/test").page
    page.get_by_label("测试问题").fill("什么时候发货")
    page.get_by_role("button", name="测试", exact=True).click()
    decision = page.get_by_label("机器人的决定")
    expect(decision).to_contain_text("直接回答")
    expect(decision).to_contain_text("48")
    expect(decision).to_contain_text(re.compile(r"用时 [\d,]+ µs"))
    hits = page.get_by_label("命中的知识").locator("ol > li")
    assert hits.count() >= 3
    shares = [float(text.rstrip("%")) for text in hits.locator(".share").all_inner_texts()]
    assert shares == sorted(shares, reverse=True), "ranked by the share that is shown"
    expect(hits.first.locator("mark").first).to_be_visible()
    hits.first.locator("summary").click()
    expect(hits.first.locator("dl dd").first).to_have_text(re.compile(r"\d"))
    page.get_by_label("测试问题").fill("量子纠缠怎么做红烧肉")
    page.get_by_role("button", name="测试", exact=True).click()
    expect(decision).to_contain_text("这一句不会直接给出答案")


def test_snippet_and_preview(new_desk: NewDesk, owner: Person, server: Server) -> None:
    page = new_desk(owner, "/settings/widget", permissions=["clipboard-read", "clipboard-write"]).page
    code = page.get_by_role("region", name="嵌入代码")
    expect(code).to_contain_text(f'src="{server.url}/widget.js"')
    expect(code).to_contain_text(f'data-shop="{owner.widget_key()}"')
    page.get_by_role("button", name="复制").first.click()
    expect(page.get_by_text("已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.inner_text()
    preview = page.frame_locator("iframe[title=实时预览]")
    expect(preview.locator("xiaoer-widget .bubble").first).to_be_visible()
    for language, sign in (("PHP", "hash_hmac"), ("Node", "createHmac"), ("Python", "hmac")):
        page.get_by_role("tab", name=language).click()
        expect(page.locator("#signing pre")).to_contain_text(sign)
    secret = page.get_by_role("region", name="身份签名密钥")
    expect(secret).to_have_count(0)
    page.get_by_role("button", name="显示密钥").click()
    expect(secret).to_have_text(re.compile(r"\S{20,}"))


def test_people_are_added_and_shut_out(
    new_desk: NewDesk, owner: Person, server: Server, new_context: NewContext
) -> None:
    page = new_desk(owner, "/settings/people").page
    email = f"xu{time.time_ns()}@demo.example"
    page.get_by_role("button", name="添加成员").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_role("alert")).to_have_count(3)
    dialog.get_by_label("姓名").fill("徐佳")
    dialog.get_by_label("邮箱").fill(LINA[0])
    dialog.get_by_role("button", name="生成").click()
    password = dialog.get_by_label("初始密码").input_value()
    assert len(password) >= 12
    dialog.get_by_role("button", name="保存").click()
    # The address is somebody's already.
    expect(dialog.get_by_role("alert").first).to_be_visible()
    dialog.get_by_label("邮箱").fill(email)
    dialog.get_by_role("button", name="保存").click()
    row = page.get_by_role("row").filter(has_text=email)
    expect(row).to_contain_text("客服")

    theirs = new_context().new_page()
    theirs.goto(server.url)
    theirs.get_by_label("邮箱").fill(email)
    theirs.get_by_role("textbox", name="密码").fill(password)
    theirs.get_by_role("button", name="登录", exact=True).click()
    expect(theirs).to_have_url(re.compile("/conversations"))

    row.get_by_role("button", name="编辑").click()
    dialog.get_by_text("停用此账号").click()
    dialog.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("已停用")
    # What stands open of theirs closes by itself.
    expect(theirs).to_have_url(re.compile("/sign-in"))


def test_working_hours_are_saved_and_checked(new_desk: NewDesk, owner: Person) -> None:
    before = owner.change_settings(hours={"mon": [["09:00", "18:00"]]})
    try:
        page = new_desk(owner, "/settings/shop").page
        end = page.get_by_label("周一结束时间")
        expect(end).to_have_value("18:00")
        end.fill("08:00")
        end.blur()
        expect(page.get_by_text("时段的结束要晚于开始，且不能重叠")).to_be_visible()
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("店铺设置已保存")).to_have_count(0)
        end.fill("21:30")
        end.blur()
        page.get_by_role("button", name="周二：添加时段").click()
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("店铺设置已保存")).to_be_visible()
        page.reload()
        expect(page.get_by_label("周一结束时间")).to_have_value("21:30")
        hours = owner.call("GET", "/shop")["settings"]["hours"]
        assert hours["mon"] == [["09:00", "21:30"]]
        assert hours["tue"] == [["09:00", "22:00"]]
    finally:
        owner.change_settings(hours=before["hours"])


def test_at_390_pixels_a_shift_can_be_worked(new_desk: NewDesk, new_shopper: NewShopper, lina: Person) -> None:
    shopper = new_shopper(name="手机上的顾客")
    shopper.ask("什么时候发货")
    shopper.ask_for_person()
    desk = new_desk(lina, viewport={"width": 390, "height": 844}, has_touch=True)
    page = desk.page
    desk.row("手机上的顾客").click()
    expect(desk.rows.first).to_be_hidden()
    desk.take_over()
    desk.reply("您好，请讲")
    expect(desk.box).to_be_in_viewport()
    page.get_by_role("button", name="顾客资料").click()
    panel = page.get_by_role("complementary", name="顾客资料")
    expect(panel).to_be_in_viewport()
    panel.get_by_role("button", name="关闭").click()
    page.get_by_role("link", name="返回会话列表").click()
    expect(desk.rows.first).to_be_visible()
    for path in ("/conversations", "/knowledge", "/knowledge/test", "/knowledge/import"):
        page.goto(desk.url + path)
        expect(page.get_by_role("main")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_settings_and_editor_fit_390_pixels(new_desk: NewDesk, owner: Person) -> None:
    desk = new_desk(owner, viewport={"width": 390, "height": 844})
    page = desk.page
    for path, shown in (
        ("/settings/shop", "基本信息"), ("/settings/widget", "嵌入代码"), ("/settings/people", "角色说明"),
        ("/knowledge/entries/new", "标准问题"),
    ):  # fmt: skip
        page.goto(desk.url + path)
        expect(page.get_by_text(shown).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
