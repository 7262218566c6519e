"""axe finds nothing: every state by name, filled, in light and in dark.

XIAOER_E2E_PICTURES=DIR keeps a picture of each, for eyes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .pages import Desk, Line, Widget, bend_time, make_picture
from .server import Person, Server
from .world import World, fill

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
Build = Callable[["Stage"], Page]
STATES: dict[str, Build] = {}


def state(name: str) -> Callable[[Build], Build]:
    """Name a state; its function brings a page there."""

    def register(build: Build) -> Build:
        STATES[name] = build
        return build

    return register


class Stage:
    """One state at a time; light and dark look at the same page. Contexts are kept: their caches save half the time."""

    def __init__(self, browser: Browser, world: World, fresh: Server) -> None:
        self.browser = browser
        self.world = world
        self.fresh = fresh
        self.url = world.server.url
        self.line: Line
        self._contexts: dict[str, BrowserContext] = {}
        self._page: Page | None = None
        self._name = ""

    def show(self, name: str) -> Page:
        if name != self._name or self._page is None:
            self._name = name
            self.close()
            self._page = STATES[name](self)
        return self._page

    def close(self) -> None:
        for context in self._contexts.values():
            for page in context.pages:
                page.close()
        self._page = None

    def end(self) -> None:
        for context in self._contexts.values():
            context.close()

    def page(self, who: str = "", height: int = 900, width: int = 1440, person: Person | None = None) -> Page:
        """A new page of somebody's browser, in light."""
        if who not in self._contexts:
            here = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce"}
            self._contexts[who] = self.browser.new_context(**{**here, "locale": who if who == "en-GB" else "zh-CN"})
            self._contexts[who].set_default_timeout(8000)
            if person is not None:
                self._contexts[who].add_cookies([person.cookie()])
        page = self._contexts[who].new_page()
        page.set_viewport_size({"width": width, "height": height})
        return page

    def widget(
        self, path: str = "/chat", role: str | None = None, timers: dict[int, int | None] | None = None,
        who: str = "shopper", width: int = 480, height: int = 860,
    ) -> Widget:  # fmt: skip
        """The widget, as the shopper of that role or as a new visitor; `line` is its socket."""
        page = self.page(who, height, width)
        remember(page, self.world.shoppers[role].storage() if role else {})
        bend_time(page, timers or {})
        self.line = Line(page)
        page.goto(self.url + path)
        widget = Widget(page)
        if path.startswith("/demo"):
            expect(page.locator("a.card, main .buttons").first).to_be_visible()
            widget.launcher.click()
        expect(widget.host.locator(".bubble").first).to_be_visible()
        return widget

    def desk(
        self, role: str | None = None, person: Person | None = None, path: str = "/conversations", height: int = 900
    ) -> Desk:
        """The console; with a role, at that shopper's conversation."""
        person = person or self.world.lina
        page = self.page(person.email, height, person=person)
        self.line = Line(page)
        page.goto(f"{self.url}{path}/{self.world.ids[role]}" if role else self.url + path)
        desk = Desk(page, self.url)
        if role:
            expect(desk.log.locator("article").first).to_be_visible()
            expect(page.get_by_role("complementary", name="顾客资料").locator("dl").first).to_be_visible()
        return desk

    def console(self, path: str, shown: str) -> Page:
        """A page of the console as the owner sees it, once the text is there."""
        page = self.desk(person=self.world.owner, path=path).page
        expect(page.get_by_text(shown).first).to_be_visible()
        return page

    def entry(self, entry_id: str) -> Page:
        """An entry of the knowledge, come to by the list."""
        page = self.console(f"/knowledge?category={entry_id.partition('.')[0]}", "共 ")
        page.locator(f"a[href$='/{entry_id}']").click()
        expect(page.get_by_text("相似问法").first).to_be_visible()
        return page

    def plain(self, url: str, shown: str) -> Page:
        page = self.page()
        page.goto(url)
        expect(page.get_by_text(shown).first).to_be_visible()
        return page


def remember(page: Page, values: dict[str, str]) -> None:
    """What the browser remembers of a former visit, and nothing else."""
    lines = [f"localStorage.setItem({key!r}, {value!r})" for key, value in values.items()]
    once = "if (!sessionStorage.getItem('set')) { sessionStorage.setItem('set', '1'); localStorage.clear(); %s }"
    page.add_init_script(once % ";".join(lines))


@pytest.fixture(scope="module")
def stage(
    browser: Browser, server: Server, fresh_server: Server, owner: Person, lina: Person, chen: Person
) -> Iterator[Stage]:
    stage = Stage(browser, fill(World(server, owner, lina, chen)), fresh_server)
    yield stage
    stage.end()


# The widget.


@state("widget: badge on the closed launcher")
def _(stage: Stage) -> Page:
    page = stage.page("shopper")
    remember(page, stage.world.shoppers["guest"].storage())
    page.goto(f"{stage.url}/demo")
    expect(Widget(page).launcher.locator(".badge")).to_be_visible()
    return page


@state("widget: greeting, hot questions, product in view")
def _(stage: Stage) -> Page:
    widget = stage.widget("/demo/products/p-clothes-01", width=1440, height=900)
    expect(widget.host.locator(".viewed")).to_be_visible()
    return widget.page


@state("widget: an answer with related questions")
def _(stage: Stage) -> Page:
    widget = stage.widget()
    widget.ask("什么时候发货", "48")
    expect(widget.host.get_by_role("group", name="您可能还想问")).to_be_visible()
    return widget.page


@state("widget: did you mean")
def _(stage: Stage) -> Page:
    widget = stage.widget()
    widget.say("会员积分")
    expect(widget.host.locator(".card .button").first).to_be_visible()
    return widget.page


@state("widget: order picker, logistics, picture, person")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="served", width=480, height=2600)
    expect(widget.host.locator("button.picture img")).to_be_visible()
    expect(widget.host.locator(".choice").first).to_be_visible()
    return widget.page


@state("widget: lightbox")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="served")
    widget.host.locator("button.picture").click()
    expect(widget.host.locator(".lightbox")).to_be_visible()
    return widget.page


@state("widget: order sheet")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="bot")
    widget.host.get_by_role("button", name="选择订单").click()
    expect(widget.host.get_by_role("dialog", name="选择订单").locator(".choice").first).to_be_visible()
    return widget.page


@state("widget: product and order cards")
def _(stage: Stage) -> Page:
    widget = stage.widget("/demo/products/p-clothes-03", "bot", width=1440, height=1400)
    widget.host.get_by_role("button", name="发送给客服").click()
    expect(widget.host.locator(".card.product")).to_be_visible()
    widget.host.get_by_role("button", name="选择订单").click()
    widget.host.locator(".sheet .choice").first.click()
    expect(widget.host.locator(".row.bot .card .bar").last).to_be_visible()
    return widget.page


@state("widget: menu")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="bot")
    widget.host.get_by_role("button", name="更多选项").click()
    expect(widget.host.locator(".menu")).to_be_visible()
    return widget.page


@state("widget: emoji and a chosen picture")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="bot")
    widget.attach("a.png", "image/png", make_picture())
    widget.host.get_by_role("button", name="表情").click()
    expect(widget.host.locator(".emoji")).to_be_visible()
    return widget.page


@state("widget: end the conversation?")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="bot")
    widget.host.get_by_role("button", name="更多选项").click()
    widget.host.locator(".menu").get_by_role("button", name="结束对话").click()
    expect(widget.host.get_by_role("dialog", name="确定要结束这次对话吗")).to_be_visible()
    return widget.page


@state("widget: text too long")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="bot")
    widget.field.fill("长" * 2001)
    expect(widget.host.locator(".count.over")).to_be_visible()
    return widget.page


@state("widget: file refused")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="bot", timers={5000: None})
    widget.attach("setup.exe", "application/octet-stream", b"MZ")
    expect(widget.banner).to_contain_text("暂不支持")
    return widget.page


@state("widget: offline, message failed")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="guest", timers={10_000: 300})
    expect(widget.bubbles("bot").nth(1)).to_be_visible()
    widget.page.route("**/api/v1/visitor/**", lambda route: route.abort())
    stage.line.cut()
    expect(widget.banner).to_contain_text("网络已断开")
    widget.say("还在吗")
    expect(widget.host.get_by_text("发送失败")).to_be_visible()
    return widget.page


@state("widget: in the queue")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="waiting")
    expect(widget.banner).to_contain_text("您排在第")
    return widget.page


@state("widget: an agent types")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="served", timers={5000: None})
    expect(widget.bubbles("staff").first).to_be_visible()
    stage.line.tell({"type": "typing", "actor": {"kind": "staff", "name": "李娜"}})
    expect(widget.host.get_by_role("img", name=re.compile("李娜.*正在输入"))).to_be_visible()
    return widget.page


@state("widget: rating with tags")
def _(stage: Stage) -> Page:
    shopper = stage.world.shopper("rating", name="评分的人")
    shopper.ask("在吗")
    shopper.call("POST", "/visitor/end")
    widget = stage.widget(role="rating")
    widget.host.get_by_role("radio", name="2 星").check(force=True)
    expect(widget.host.get_by_text("答非所问")).to_be_visible()
    return widget.page


@state("widget: scrolled up")
def _(stage: Stage) -> Page:
    widget = stage.widget(role="served", width=480, height=600)
    widget.log.hover()
    widget.page.mouse.wheel(0, -600)
    expect(widget.host.locator(".pill")).to_be_visible()
    return widget.page


@state("widget: on a phone, in English")
def _(stage: Stage) -> Page:
    widget = stage.widget("/chat?locale=en", who="en-GB", width=390, height=844)
    expect(widget.host.get_by_role("button", name="Live agent")).to_be_visible()
    return widget.page


@state("shop: all products")
def _(stage: Stage) -> Page:
    page = stage.plain(f"{stage.url}/demo", "件商品")
    expect(page.locator("a.card").first).to_be_visible()
    return page


@state("shop: a product")
def _(stage: Stage) -> Page:
    return stage.plain(f"{stage.url}/demo/products/p-clothes-01", "商品参数")


# The console.


@state("console: sign-in with wrong fields")
def _(stage: Stage) -> Page:
    page = stage.plain(f"{stage.url}/sign-in", "演示账号")
    page.get_by_label("邮箱").fill("谁")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_text("请填写有效的邮箱")).to_be_visible()
    expect(page.get_by_text("请填写密码")).to_be_visible()
    return page


@state("console: sign-in refused")
def _(stage: Stage) -> Page:
    page = stage.plain(f"{stage.url}/sign-in", "演示账号")
    page.get_by_label("邮箱").fill("nobody@demo.example")
    page.get_by_role("textbox", name="密码").fill("wrong-password")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    return page


@state("console: wizard, account refused")
def _(stage: Stage) -> Page:
    page = stage.plain(stage.fresh.url, "开始使用小二")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    return page


@state("console: wizard, shop")
def _(stage: Stage) -> Page:
    page = stage.plain(stage.fresh.url, "开始使用小二")
    for label, text in (("姓名", "周敏"), ("邮箱", "zhou@shop.example"), ("密码", "a good long password")):
        page.get_by_label(label).first.fill(text)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("button", name="创建店铺")).to_be_visible()
    return page


@state("console: queue, nothing open")
def _(stage: Stage) -> Page:
    desk = stage.desk()
    expect(desk.row("陈志远")).to_be_visible()
    return desk.page


@state("console: waiting, summary, take over")
def _(stage: Stage) -> Page:
    desk = stage.desk("waiting")
    expect(desk.summary).to_be_visible()
    return desk.page


@state("console: serving, with all kinds of messages")
def _(stage: Stage) -> Page:
    desk = stage.desk("served", height=2600)
    expect(desk.log.locator("article.note")).to_be_visible()
    desk.box.fill("长" * 2001)
    return desk.page


@state("console: emoji and a picture to send")
def _(stage: Stage) -> Page:
    desk = stage.desk("served")
    desk.page.get_by_role("tab", name="回复", exact=True).click()
    picture = {"name": "新鞋盒.png", "mimeType": "image/png", "buffer": make_picture()}
    desk.page.locator(".composer input[type=file]").set_input_files([picture])
    expect(desk.page.locator(".tray img")).to_be_visible()
    desk.page.get_by_role("button", name="表情").click()
    return desk.page


@state("console: message failed, offline banner")
def _(stage: Stage) -> Page:
    desk = stage.desk("served")
    page = desk.page
    page.get_by_role("tab", name="回复", exact=True).click()
    page.route("**/api/v1/conversations/**", lambda route: route.abort())
    stage.line.cut()
    desk.box.fill("我再确认一下")
    desk.box.press("Enter")
    expect(page.get_by_text("发送失败")).to_be_visible()
    expect(page.get_by_text("连接断开，正在重连")).to_be_visible()
    return page


@state("console: resolve?")
def _(stage: Stage) -> Page:
    desk = stage.desk("served")
    desk.page.locator("header").get_by_role("button", name="结束会话").click()
    expect(desk.page.get_by_role("dialog")).to_be_visible()
    return desk.page


@state("console: order with its trace")
def _(stage: Stage) -> Page:
    desk = stage.desk("served")
    panel = desk.page.get_by_role("complementary", name="顾客资料")
    panel.get_by_role("button", name="进度与物流").nth(1).click()
    expect(panel.get_by_label("订单进度")).to_be_visible()
    return desk.page


@state("console: a picture enlarged")
def _(stage: Stage) -> Page:
    desk = stage.desk("served")
    desk.log.get_by_role("button", name=re.compile("放大图片")).click()
    expect(desk.page.locator("dialog[open]")).to_be_visible()
    return desk.page


@state("console: search without a hit")
def _(stage: Stage) -> Page:
    desk = stage.desk("colleague")
    desk.page.get_by_label("搜索顾客、消息").fill("没有这个人")
    expect(desk.page.get_by_text("没有找到相符的会话")).to_be_visible()
    return desk.page


@state("console: no such conversation")
def _(stage: Stage) -> Page:
    return stage.console("/conversations/00000000-0000-7000-8000-000000000000", "会话打不开")


@state("console: shortcuts")
def _(stage: Stage) -> Page:
    desk = stage.desk()
    expect(desk.rows.first).to_be_visible()
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog", name="快捷键")).to_be_visible()
    return desk.page


@state("console: user menu")
def _(stage: Stage) -> Page:
    desk = stage.desk()
    desk.page.get_by_role("button", name="李娜 的菜单").click()
    expect(desk.page.get_by_role("menuitem", name="退出登录")).to_be_visible()
    return desk.page


@state("knowledge: list")
def _(stage: Stage) -> Page:
    page = stage.console("/knowledge", "共 ")
    expect(page.locator("tbody tr").first).to_be_visible()
    return page


@state("knowledge: nothing found")
def _(stage: Stage) -> Page:
    return stage.console("/knowledge?q=zzzz", "没有符合条件的条目")


@state("knowledge: an entry")
def _(stage: Stage) -> Page:
    page = stage.entry("account.register")
    expect(page.get_by_text("顾客看到的样子")).to_be_visible()
    return page


@state("knowledge: a new entry with errors")
def _(stage: Stage) -> Page:
    page = stage.console("/knowledge/entries/new", "相似问法")
    page.get_by_placeholder("输入一种问法").fill("几点上班")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("请填写答案")).to_be_visible()
    return page


@state("knowledge: versions")
def _(stage: Stage) -> Page:
    owner = stage.world.owner
    entry = owner.call("GET", "/knowledge/entries/account.code_missing")
    draft = {key: entry[key] for key in ("category", "state", "hot", "intent", "related", "content", "version")}
    draft["content"]["zh-CN"]["answer"] += "\n\n还不行就联系我们。"
    owner.call("PUT", "/knowledge/entries/account.code_missing", draft)
    page = stage.entry("account.code_missing")
    page.get_by_role("button", name="历史版本").click()
    expect(page.locator(".diff").first).to_be_visible()
    return page


@state("knowledge: test box with reasons")
def _(stage: Stage) -> Page:
    page = stage.console("/knowledge/test", "看看机器人会怎么答")
    page.get_by_label("测试问题").fill("什么时候发货")
    page.keyboard.press("Enter")
    page.locator(".hits summary").first.click()
    expect(page.locator(".hits details dl").first).to_be_visible()
    return page


@state("knowledge: import with broken rows")
def _(stage: Stage) -> Page:
    page = stage.console("/knowledge/import", "批量导入知识")
    raw = b"id,category,question,similar,answer,locale,state\n,shipping,,x,,zh-CN,published\n"
    page.locator("input[type=file]").set_input_files([{"name": "a.csv", "mimeType": "text/csv", "buffer": raw}])
    expect(page.get_by_text("整个文件都没有导入")).to_be_visible()
    return page


@state("settings: shop with errors")
def _(stage: Stage) -> Page:
    page = stage.console("/settings/shop", "人工客服时间")
    page.get_by_label("机器人名称").fill("")
    page.get_by_role("button", name="周一：添加时段").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    return page


@state("settings: widget with the key shown")
def _(stage: Stage) -> Page:
    page = stage.console("/settings/widget", "嵌入代码")
    page.get_by_role("button", name="显示密钥").click()
    expect(page.get_by_role("button", name="隐藏")).to_be_visible()
    return page


@state("settings: adding a person, refused")
def _(stage: Stage) -> Page:
    page = stage.console("/settings/people", "lina@demo.example")
    page.get_by_role("button", name="添加成员").click()
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog").get_by_role("alert").first).to_be_visible()
    return page


@state("console: not for this role")
def _(stage: Stage) -> Page:
    desk = stage.desk(path="/settings/shop")
    expect(desk.page.get_by_role("main").get_by_text("你的角色不能打开这个页面").last).to_be_visible()
    return desk.page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", list(STATES))
def test_axe_finds_nothing(stage: Stage, axe_source: str, name: str, theme: Literal["light", "dark"]) -> None:
    page = stage.show(name)
    page.emulate_media(color_scheme=theme)
    found = run_axe(page, axe_source)
    if folder := os.environ.get("XIAOER_E2E_PICTURES"):
        page.screenshot(path=Path(folder) / f"{re.sub(r'[:?, ]+', '-', name)}-{theme}.png")
    assert not found, f"{name}, {theme}:\n" + "\n".join(found)


_SETTLE = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  const shadow = document.querySelector('xiaoer-widget')?.shadowRoot
  // What inherits a colour may start to move only when its parent has arrived.
  for (let round = 0; round < 10; round++) {
    const all = [...document.getAnimations(), ...(shadow?.getAnimations() ?? [])]
    const moving = all.filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
    if (!moving.length) return
    for (const one of moving) one.finish()
    await new Promise(requestAnimationFrame)
  }
}"""
_RUN = """async (rules) => {
  const options = { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'], iframes: false }
  const { violations } = await axe.run(document, options)
  const said = (node) => `${node.target.flat().join(' ')}  ${node.html.slice(0, 120)}  ` +
    [...node.any, ...node.all, ...node.none].map((check) => check.message).join('; ')
  return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${said(node)}`))
}"""


def run_axe(page: Page, source: str) -> list[str]:
    """Each node that breaks a rule, with the reason."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(source)
    page.evaluate(_SETTLE)
    return [str(line) for line in page.evaluate(_RUN, RULES)]
