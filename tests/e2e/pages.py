"""The widget and the console as a person uses them: where things are and how they are done."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, WebSocketRoute, expect


def make_picture(width: int = 480, height: int = 320) -> bytes:
    """A parcel with a torn corner, as a shopper would photograph it."""
    image = Image.new("RGB", (width, height), "#dfe7e3")
    draw = ImageDraw.Draw(image)
    box = (width * 0.2, height * 0.22, width * 0.8, height * 0.86)
    draw.rectangle(box, fill="#c79a63", outline="#8a6336", width=4)
    draw.rectangle((width * 0.46, box[1], width * 0.54, box[3]), fill="#e8d2a8")
    draw.polygon([(box[2], box[1]), (box[2] - width * 0.16, box[1]), (box[2], box[1] + height * 0.2)], fill="#5a3d1d")
    raw = io.BytesIO()
    image.save(raw, "PNG")
    return raw.getvalue()


class Widget:
    """The chat window in a page of the shop (or alone, at /chat)."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.host = page.locator("xiaoer-widget")
        self.launcher = self.host.locator(".launcher")
        self.panel = self.host.locator(".panel")
        self.log = self.host.get_by_role("log")
        self.field = self.host.locator(".composer textarea")
        self.send_button = self.host.locator(".composer .send")
        self.files = self.host.locator(".composer input[type=file]")
        self.banner = self.host.locator(".banners")
        self.person_button = self.host.get_by_role("button", name="转人工", exact=True)

    def open(self) -> Widget:
        self.launcher.click()
        expect(self.panel).to_be_visible()
        expect(self.host.locator(".bubble").first).to_be_visible()
        return self

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def bubbles(self, kind: str) -> Locator:
        """What customer, bot or staff said as text."""
        return self.host.locator(f".row.{kind} .bubble")

    def own(self, text: str) -> Locator:
        return self.bubbles("customer").filter(has_text=re.compile(f"^{re.escape(text)}$"))

    def expect_answer(self, text: str | re.Pattern[str]) -> None:
        expect(self.host.locator(".row.bot").last).to_contain_text(text)

    def ask(self, text: str, answer: str | re.Pattern[str]) -> None:
        """Say it, and wait until something new has come from the bot, and it is that."""
        before = self.host.locator(".row.bot").count()
        self.say(text)
        expect(self.host.locator(".row.bot").nth(before)).to_be_visible()
        self.expect_answer(answer)

    def said(self) -> list[str]:
        """Everything in the log in order, without marks and times that may change."""
        found = self.log.evaluate(
            """log => [...log.querySelectorAll('.row, p.line')].map((row) => {
                const copy = row.cloneNode(true)
                copy.querySelectorAll('.state, .who, .face, .ai').forEach((node) => node.remove())
                const pictures = row.querySelectorAll('.picture').length
                return (row.className.split(' ').slice(0, 2).join(' ').replace(' first', '') + '|' + copy.textContent
                  + (pictures ? '[picture]' : '')).trim()
            })"""
        )
        return [str(line) for line in found]

    def token(self) -> str:
        key = "Object.keys(localStorage).find((key) => key.endsWith(':token'))"
        return str(self.page.evaluate(f"localStorage.getItem({key})"))

    def conversation_id(self) -> str:
        found = self.page.evaluate(
            """async (token) => (await (await fetch('/api/v1/visitor/conversation',
                 {headers: {Authorization: `Bearer ${token}`}})).json()).conversation.conversation_id""",
            self.token(),
        )
        return str(found)

    def attach(self, name: str, mime: str, raw: bytes) -> None:
        self.files.set_input_files([{"name": name, "mimeType": mime, "buffer": raw}])

    def hand_over(self, how: str, files: list[tuple[str, str, bytes]]) -> None:
        """Paste or drop files, as the browser would report it."""
        target = self.field if how == "paste" else self.panel
        given = [{"name": n, "mime": m, "raw": base64.b64encode(raw).decode()} for n, m, raw in files]
        target.evaluate(
            """(node, [how, files]) => {
                const data = new DataTransfer()
                for (const { name, mime, raw } of files) {
                  const bytes = Uint8Array.from(atob(raw), (char) => char.charCodeAt(0))
                  data.items.add(new File([bytes], name, { type: mime }))
                }
                const init = { bubbles: true, cancelable: true, composed: true }
                if (how === 'paste') node.dispatchEvent(new ClipboardEvent('paste', { ...init, clipboardData: data }))
                else for (const kind of ['dragover', 'drop'])
                  node.dispatchEvent(new DragEvent(kind, { ...init, dataTransfer: data }))
            }""",
            [how, given],
        )


class Desk:
    """The console of somebody who is signed in."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.rows = page.locator("#conversation-rows .row")
        self.log = page.get_by_role("log")
        self.box = page.locator("#composer-box textarea")
        self.summary = page.get_by_label("转接摘要")
        self.toast = page.locator(".el-message")

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=re.compile(f"^{name}")).click()

    def row(self, name: str) -> Locator:
        return self.rows.filter(has_text=name)

    def show(self, conversation_id: str) -> Desk:
        self.page.goto(f"{self.url}/conversations/{conversation_id}")
        expect(self.log).to_be_visible()
        return self

    def take_over(self) -> None:
        self.page.locator("header").get_by_role("button", name="接管", exact=True).click()
        expect(self.box).to_be_visible()

    def reply(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")
        expect(self.entry(text)).to_be_visible()

    def note(self, text: str) -> None:
        self.page.get_by_role("tab", name="备注", exact=True).click()
        self.box.fill(text)
        self.box.press("Enter")
        expect(self.log.locator("article.note").filter(has_text=text)).to_be_visible()
        self.page.get_by_role("tab", name="回复", exact=True).click()

    def entry(self, text: str) -> Locator:
        return self.log.locator("article.entry").filter(has=self.page.get_by_text(text, exact=True))

    def resolve(self) -> None:
        self.page.locator("header").get_by_role("button", name="结束会话").click()
        self.page.get_by_role("dialog").get_by_role("button", name="结束会话").click()

    def said(self) -> list[str]:
        found = self.log.evaluate(
            """log => [...log.querySelectorAll('article, .state, section.card')].map((row) => {
                const copy = row.cloneNode(true)
                copy.querySelectorAll('.meta, .by, time, .avatar').forEach((node) => node.remove())
                const pictures = row.querySelectorAll('.thumb').length
                return (copy.textContent.replace(/\\s+/g, ' ') + (pictures ? '[picture]' : '')).trim()
            })"""
        )
        return [str(line) for line in found]


def bend_time(page: Page, changes: dict[int, int | None]) -> None:
    """Timers of these lengths (ms) run for other lengths in this page, or never."""
    page.add_init_script(
        f"""{{
          const changes = new Map(Object.entries({json.dumps(changes)}))
          const real = window.setTimeout.bind(window)
          window.setTimeout = (work, ms, ...rest) => {{
            const key = String(ms)
            if (!changes.has(key)) return real(work, ms, ...rest)
            return changes.get(key) === null ? 0 : real(work, changes.get(key), ...rest)
          }}
        }}"""
    )


def listen(page: Page) -> list[str]:
    """Everything the server tells this page by socket and by API, from now on."""
    heard: list[str] = []

    def hear(socket: Any) -> None:
        socket.on("framereceived", lambda payload: heard.append(str(payload)))

    page.on("websocket", hear)
    return heard


class Line:
    """A page's sockets, which a test may cut, mend, and rid of single frames."""

    def __init__(self, page: Page) -> None:
        self.is_cut = False
        self.sent: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        # Frames from the server for which this is true get lost on the way.
        self.loses: Callable[[dict[str, Any]], bool] = lambda frame: False
        self._open: list[WebSocketRoute] = []
        page.route_web_socket(re.compile(r"/socket$"), self._connect)

    def cut(self) -> None:
        self.is_cut = True
        while self._open:
            self._open.pop().close()

    def mend(self) -> None:
        self.is_cut = False

    def tell(self, frame: dict[str, Any]) -> None:
        """As if the server had said it."""
        for page_side in self._open:
            page_side.send(json.dumps(frame))

    def sent_types(self) -> list[str]:
        return [frame["type"] for frame in self.sent]

    def _connect(self, page_side: WebSocketRoute) -> None:
        if self.is_cut:
            page_side.close()
            return
        self._open.append(page_side)
        server_side = page_side.connect_to_server()

        def up(message: str | bytes) -> None:
            self.sent.append(json.loads(message))
            server_side.send(message)

        def down(message: str | bytes) -> None:
            frame = json.loads(message)
            if self.loses(frame):
                return
            self.heard.append(frame)
            page_side.send(message)

        page_side.on_message(up)
        server_side.on_message(down)
