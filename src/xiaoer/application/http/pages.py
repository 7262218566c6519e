"""The built front end: console, widget, hosted chat and demo shop, out of memory, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import html
import mimetypes
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get

from xiaoer.business.shop.queries import find_demo_shop, get_shop_by_widget_key
from xiaoer.kit.errors import NotFound

from .services import Services

_IMMUTABLE = "public, max-age=31536000, immutable"
_CHECKED = "no-cache"
_KEY_SLOT = 'name="xiaoer-widget-key" content=""'
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self' ws: wss:; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


class _File:
    """A file as it is sent: raw, compressed where that helps, and its tag."""

    def __init__(self, raw: bytes, mime: str) -> None:
        self.raw = raw
        self.mime = mime
        packed = gzip.compress(raw, 9, mtime=0)
        self.packed = packed if len(packed) < len(raw) * 0.9 else None
        self.tag = f'"{hashlib.sha256(raw).hexdigest()[:24]}"'


_HERE = Path(str(files("xiaoer.application.http"))).resolve()
_STATIC = _HERE / "static"
_REFERENCE = _HERE / "reference"


@cache
def _load(name: str, folder: Path) -> _File | None:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return None
    mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(path.read_bytes(), mime)


def _send(
    request: Request[Any, Any, Any], file: _File, cache_control: str, policy: str | None = None
) -> Response[bytes]:
    headers = {"Cache-Control": cache_control, "ETag": file.tag, "Vary": "Accept-Encoding"}
    if policy:
        headers["Content-Security-Policy"] = policy
    if request.headers.get("if-none-match") == file.tag:
        return Response(b"", status_code=304, headers=headers)
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, media_type=file.mime, headers=headers)
    return Response(file.raw, media_type=file.mime, headers=headers)


def _send_named(
    request: Request[Any, Any, Any], name: str, cache_control: str, folder: Path = _STATIC
) -> Response[bytes]:
    file = _load(name, folder)
    if file is None:
        raise NotFound("path.not_found")
    return _send(request, file, cache_control)


def _send_page(request: Request[Any, Any, Any], name: str, widget_key: str | None = None) -> Response[bytes]:
    file = _load(name, _STATIC)
    if file is None:
        raise NotFound("page.not_built", page=name)
    if widget_key is not None:
        shown = file.raw.decode().replace(_KEY_SLOT, _KEY_SLOT[:-1] + html.escape(widget_key, quote=True) + '"')
        file = _File(shown.encode(), file.mime)
    return _send(request, file, _CHECKED, _PAGE_POLICY)


@get(["/widget.js", "/widget-panel.js"], include_in_schema=False)
async def get_widget(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The widget, and the panel that it fetches at the first opening; any page may load them."""
    response = _send_named(request, request.url.path.lstrip("/"), _CHECKED)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@get(["/demo", "/demo/{path:path}"], include_in_schema=False)
async def get_shop_page(request: Request[Any, Any, Any], services: Services, path: str = "") -> Response[bytes]:
    """The demo shop; its own routes live in the browser."""
    name = path.strip("/")
    if name.startswith("assets/"):
        return _send_named(request, f"shop/{name}", _IMMUTABLE)
    shop = await find_demo_shop(services.backend)
    if shop is None:
        raise NotFound("storefront.no_demo")
    return _send_page(request, "shop/index.html", shop.widget_key)


@get("/chat", include_in_schema=False)
async def get_chat_page(request: Request[Any, Any, Any], services: Services, shop: str = "") -> Response[bytes]:
    """The hosted full page; without `shop` it is the demo's."""
    known = await get_shop_by_widget_key(services.backend, shop) if shop else await find_demo_shop(services.backend)
    if known is None:
        raise NotFound("shop.not_found")
    return _send_page(request, "chat.html", known.widget_key)


@get("/openapi.json", include_in_schema=False)
async def get_openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The description of the API."""
    return Response(request.app.openapi_schema.to_schema(), media_type="application/json")


@get(["/docs", "/docs/{name:str}"], include_in_schema=False)
async def get_reference(request: Request[Any, Any, Any], name: str = "index.html") -> Response[bytes]:
    """The API as a page to read; nothing of it comes from elsewhere."""
    response = _send_named(request, name, _CHECKED, _REFERENCE)
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@get("/assets/{path:path}", include_in_schema=False)
async def get_asset(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """A file of the console whose name holds its hash."""
    return _send_named(request, f"console/assets/{path.strip('/')}", _IMMUTABLE)


@get(["/", "/{path:path}"], include_in_schema=False)
async def get_console(request: Request[Any, Any, Any], path: str = "") -> Response[bytes]:
    """The console; its own routes live in the browser. Only files stand at the top, so a dot further down is an id's."""
    name = path.strip("/")
    if "." in name and "/" not in name:
        return _send_named(request, f"console/{name}", _CHECKED)
    return _send_page(request, "console/index.html")


page_routes = Router(
    "",
    route_handlers=[get_widget, get_shop_page, get_chat_page, get_openapi, get_reference, get_asset, get_console],
    include_in_schema=False,
)
