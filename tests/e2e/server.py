"""A server of our own under test, and people and shoppers who talk to it without a browser."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import psutil

OWNER = ("owner@demo.example", "demo-owner-1")
LINA = ("lina@demo.example", "demo-agent-1")
CHEN = ("chen@demo.example", "demo-agent-2")
_START_SECONDS = 60.0


class Refused(Exception):
    """The server answered with a problem."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_folder() -> Path:
    """A data directory that an unprivileged PostgreSQL can reach, in memory where there is room for it."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30
    folder = Path(tempfile.mkdtemp(prefix="xiaoer-e2e-", dir=memory if has_room else None))
    folder.chmod(0o755)
    return folder


class Server:
    """`xiaoer demo` (or `serve`) as a process tree with a data directory of its own."""

    def __init__(self, *, is_demo: bool = True) -> None:
        self.folder = make_folder()
        self.port = free_port()
        self.command = "demo" if is_demo else "serve"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, "XIAOER_DATA_DIR": str(self.folder), "PYTHONUNBUFFERED": "1"}
        environment.pop("DATABASE_URL", None)
        command = [sys.executable, "-m", "xiaoer", self.command, "--port", str(self.port), "--data-dir"]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, str(self.folder)], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        """Ask it to end, and leave nothing behind."""
        if self.process is not None and self.process.poll() is not None:
            print(f"the server had ended by itself:\n{self.log()}", file=sys.stderr)
        elif self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill_tree()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill_tree(self) -> None:
        """kill -9 for all of it at once: parent, roles, PostgreSQL and its backends."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        tree = [parent, *parent.children(recursive=True)]
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        psutil.wait_procs(tree, timeout=10)

    def web_child(self) -> psutil.Process:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if "_web" in child.cmdline())

    def kill_web_child(self) -> None:
        """Every socket breaks at once; the parent starts another."""
        child = self.web_child()
        child.send_signal(signal.SIGKILL)
        psutil.wait_procs([child], timeout=5)

    @contextlib.contextmanager
    def web_child_stopped(self) -> Any:
        """It lives and holds its sockets, but says nothing."""
        child = self.web_child()
        child.suspend()
        try:
            yield
        finally:
            child.resume()


class Caller:
    """JSON calls in somebody's name."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self.token = token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json", "X-Xiaoer": "1", "Accept-Language": "zh-CN"}
        return self._ask(method, path, headers, None if body is None else json.dumps(body).encode())

    def upload(self, path: str, name: str, mime: str, raw: bytes) -> Any:
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {mime}'
        form = f"{head}\r\n\r\n".encode() + raw + f"\r\n--{mark}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}", "X-Xiaoer": "1"}
        return self._ask("POST", path, headers, form)

    def _ask(self, method: str, path: str, headers: dict[str, str], raw: bytes | None) -> Any:
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(f"{self.url}/api/v1{path}", raw, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, json.loads(error.read() or b"{}")) from None


class Person(Caller):
    """A member of staff, signed in."""

    def __init__(self, url: str, account: tuple[str, str]) -> None:
        super().__init__(url)
        self.email, self.password = account
        signed_in = self.call("POST", "/session", {"email": self.email, "password": self.password})
        self.token = signed_in["token"]
        self.staff = signed_in["staff"]

    def cookie(self) -> dict[str, Any]:
        """The session as a browser has it."""
        return {"name": "xiaoer_session", "value": self.token, "url": self.url}

    def widget_key(self) -> str:
        return str(self.call("GET", "/shop/snippet")["widget_key"])

    def take_over(self, conversation_id: str) -> None:
        self.call("POST", f"/conversations/{conversation_id}/take-over")

    def resolve(self, conversation_id: str) -> None:
        self.call("POST", f"/conversations/{conversation_id}/resolve")

    def say(self, conversation_id: str, text: str, *, is_note: bool = False) -> None:
        self.send(conversation_id, {"type": "text", "text": text}, is_note=is_note)

    def send(self, conversation_id: str, content: dict[str, Any], *, is_note: bool = False) -> None:
        body = {"client_id": uuid.uuid4().hex, "content": content, "is_note": is_note}
        self.call("POST", f"/conversations/{conversation_id}/messages", body)

    def events(self, conversation_id: str) -> list[dict[str, Any]]:
        """All of them, from the first."""
        events: list[dict[str, Any]] = []
        while True:
            since = events[-1]["seq"] if events else 0
            page = self.call("GET", f"/conversations/{conversation_id}/events?since={since}&limit=200")
            events += page["events"]
            if not page["has_more"] or not page["events"]:
                return events

    def change_settings(self, **changes: Any) -> dict[str, Any]:
        """Change some of the shop's settings; gives back what they were."""
        shop = self.call("GET", "/shop")
        before = dict(shop["settings"])
        body = {key: shop[key] for key in ("name", "locale", "timezone")}
        self.call("PUT", "/shop", {**body, "settings": {**before, **changes}})
        return before

    def add_entry(self, question: str, answer: str, *, category: str = "shipping") -> str:
        content = {"zh-CN": {"question": question, "similar": [], "answer": answer}}
        draft = {"category": category, "state": "published", "related": [], "content": content}
        return str(self.call("POST", "/knowledge/entries", draft)["entry_id"])


class Shopper(Caller):
    """A visitor of the shop; with `account_id` the demo's signed-in shopper."""

    def __init__(self, url: str, widget_key: str, *, name: str | None = None, account_id: str | None = None) -> None:
        super().__init__(url)
        self.widget_key = widget_key
        hello: dict[str, Any] = {"widget_key": widget_key, "locale": "zh-CN", "name": name}
        if account_id:
            hello["identity"] = self.call("POST", "/storefront/sign-in", {"account_id": account_id})["identity"]
        self.token = self.call("POST", "/visitors", hello)["token"]
        self.account_id = account_id

    def say(self, text: str, context: dict[str, Any] | None = None) -> str:
        return self.send({"type": "text", "text": text}, context)

    def send(self, content: dict[str, Any], context: dict[str, Any] | None = None) -> str:
        body = {"client_id": uuid.uuid4().hex, "content": content, "context": context}
        return str(self.call("POST", "/visitor/messages", body)["conversation_id"])

    def ask(self, text: str, context: dict[str, Any] | None = None) -> str:
        """Say it and wait for the bot's word."""
        before = self._bot_seq()
        conversation_id = self.say(text, context)
        self.wait(lambda: self._bot_seq() > before, f"no answer to {text!r}")
        return conversation_id

    def send_picture(self, raw: bytes, name: str = "photo.png") -> str:
        attachment = self.upload("/visitor/attachments", name, "image/png", raw)
        return self.send({"type": "image", "attachment_id": attachment["attachment_id"]})

    def press(self, seq: int, button_id: str) -> str:
        """Tap a button or a row of the message `seq`, and wait for the bot's word."""
        before = self._bot_seq()
        conversation_id = self.send({"type": "press", "seq": seq, "id": button_id})
        self.wait(lambda: self._bot_seq() > before, f"no answer to {button_id!r}")
        return conversation_id

    def ask_for_person(self) -> str:
        answer = self.call("POST", "/visitor/handover", {"client_id": uuid.uuid4().hex})
        self.wait(lambda: self.snapshot()["conversation"]["handler"] == "queue", "never came to the queue")
        return str(answer["conversation_id"])

    def snapshot(self) -> dict[str, Any]:
        return dict(self.call("GET", "/visitor/conversation"))

    def rate(self, conversation_id: str, score: int, tags: list[str], comment: str = "") -> None:
        body = {"conversation_id": conversation_id, "score": score, "tags": tags, "comment": comment}
        self.call("POST", "/visitor/rating", body)

    def storage(self) -> dict[str, str]:
        """What the widget would have kept in the browser for this visitor."""
        kept = {f"xiaoer:{self.widget_key}:token": str(self.token)}
        if self.account_id:
            kept |= {f"xiaoer:{self.widget_key}:user": self.account_id, "shop:account": self.account_id}
        return kept

    def _bot_seq(self) -> int:
        return max((e["seq"] for e in self.snapshot()["events"] if e["actor"]["kind"] == "bot"), default=0)

    @staticmethod
    def wait(is_done: Any, complaint: str, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_done():
            assert time.monotonic() < deadline, complaint
            time.sleep(0.03)
