"""Drive the console against the running server: sign in, take over, reply, note, reveal, knowledge, settings. `python real.py [OUT]`"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import urllib.request
import uuid

from playwright.sync_api import sync_playwright

BASE = os.environ.get("XIAOER_BASE", "http://127.0.0.1:8600")
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/real")
OUT.mkdir(parents=True, exist_ok=True)


def call(path: str, body: dict | None = None, headers: dict | None = None, method: str | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + "/api/v1" + path, data, {"content-type": "application/json", "X-Xiaoer": "1", **(headers or {})}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"{}")


def staff() -> dict:
    account = call("/setup")["demo_accounts"][0]
    token = call("/session", {"email": account["email"], "password": account["password"]})["token"]
    return {"Authorization": f"Bearer {token}"}


def shopper() -> dict:
    key = call("/shop/snippet", None, staff())["widget_key"]
    visitor = call("/visitors", {"widget_key": key, "locale": "zh-CN", "name": "测试顾客"})
    return {"Authorization": f"Bearer {visitor['token']}"}


def put_back(before: dict) -> None:
    """The drive edits an entry and the greeting of a shop others use too."""
    owner = staff()
    for entry in call("/knowledge/entries?category=shipping&limit=100", None, owner)["items"]:
        path = f"/knowledge/entries/{entry['entry_id']}"
        similar = [text for content in call(path, None, owner)["content"].values() for text in content["similar"]]
        if any(text.startswith("测试问法") for text in similar):
            versions = call(path + "/versions", None, owner)["items"]
            call(path + "/restore", {"version": max(item["version"] for item in versions) - 1}, owner)
    call("/shop", {name: before[name] for name in ("name", "locale", "timezone", "settings")}, owner, "PUT")


def say(who: dict, text: str) -> dict:
    return call("/visitor/messages", {"client_id": uuid.uuid4().hex, "content": {"type": "text", "text": text}}, who)


def main() -> None:
    before = call("/shop", None, staff())
    who = shopper()
    conversation = say(who, "什么时候发货？我的电话 13812345678")["conversation_id"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        page.set_default_timeout(4000)
        page.on("console", lambda message: message.type == "error" and print("console:", message.text[:200]))
        page.on("pageerror", lambda error: print("PAGE ERROR", error))

        def step(name: str, work) -> None:  # noqa: ANN001
            try:
                work()
                print("ok", name)
            except Exception as error:
                print("FAILED", name, str(error).splitlines()[:3])
            page.screenshot(path=str(OUT / f"{name}.png"))

        page.goto(BASE + "/")
        page.wait_for_timeout(800)
        step("sign-in", lambda: (page.get_by_role("button", name="管理员").first.click(), page.wait_for_url("**/conversations")))
        step("open", lambda: (page.goto(f"{BASE}/conversations/{conversation}"), page.get_by_role("log").get_by_text("什么时候发货").first.wait_for()))
        step("take-over", lambda: (page.get_by_role("button", name="接管").first.click(), page.get_by_placeholder("回复顾客").wait_for()))
        step("reply", lambda: (page.get_by_placeholder("回复顾客").fill("您好，我来帮您看"), page.keyboard.press("Enter"), page.get_by_text("已送达").last.wait_for()))
        step("live", lambda: (say(who, "好的，谢谢"), page.get_by_role("log").get_by_text("好的，谢谢").wait_for()))
        step("note", lambda: (page.keyboard.press("Alt+p"), page.get_by_placeholder("只有同事").fill("老顾客"), page.keyboard.press("Enter"), page.get_by_role("log").get_by_text("老顾客").wait_for()))
        step("reveal", lambda: (page.get_by_role("button", name="显示").first.click(), page.get_by_text("13812345678").wait_for()))
        picture = {"name": "a.png", "mimeType": "image/png", "buffer": page.screenshot()}
        step("picture", lambda: (page.get_by_role("tab", name="回复").click(), page.set_input_files("input[type=file]", files=[picture]), page.locator(".tray .el-button--primary:not(.is-disabled)").click(), page.locator(".thumb img").wait_for()))
        step("search", lambda: (page.get_by_label("搜索顾客、消息").fill("测试顾客"), page.locator(".rows .row").first.wait_for()))
        step("end", lambda: (page.get_by_role("button", name="结束会话").click(), page.locator(".el-message-box").get_by_role("button", name="结束会话").click(), page.get_by_text("会话已结束").first.wait_for()))
        step("knowledge", lambda: (page.goto(BASE + "/knowledge?category=shipping"), page.locator("tbody tr").first.wait_for()))
        step("entry", lambda: (page.locator("tbody a").first.click(), page.locator("#entry-text input").first.wait_for()))
        step("save", lambda: (page.get_by_label("添加", exact=True).first.fill(f"测试问法{uuid.uuid4().hex[:6]}"), page.keyboard.press("Enter"), page.get_by_role("button", name="保存").click(), page.get_by_text("已保存").wait_for()))
        step("versions", lambda: (page.get_by_role("button", name="历史版本").click(), page.locator(".diff").first.wait_for()))
        step("test", lambda: (page.goto(BASE + "/knowledge/test"), page.get_by_label("测试问题").fill("什么时候发货"), page.keyboard.press("Enter"), page.locator(".hits li").first.wait_for()))
        csv = "id,category,question,similar,answer,locale,state\n,shipping,,x,,zh-CN,published\n"
        step("import", lambda: (page.goto(BASE + "/knowledge/import"), page.set_input_files("input[type=file]", files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": csv.encode()}]), page.locator(".report").wait_for()))
        step("shop", lambda: (page.goto(BASE + "/settings/shop"), page.locator("textarea").first.fill("您好，请问有什么可以帮您？"), page.get_by_role("button", name="保存").click(), page.get_by_text("店铺设置已保存").wait_for()))
        step("widget", lambda: (page.goto(BASE + "/settings/widget"), page.get_by_role("button", name="显示密钥").click(), page.wait_for_timeout(1200)))
        step("people", lambda: (page.goto(BASE + "/settings/people"), page.locator("tbody tr").first.wait_for()))
        browser.close()
    put_back(before)


if __name__ == "__main__":
    main()
