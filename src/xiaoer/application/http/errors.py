"""Every refusal in one shape, in the caller's language, with the status its family has."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from xiaoer.business.shop.rules import pick_locale
from xiaoer.kit.errors import InvalidInput, XiaoerError
from xiaoer.kit.i18n import error_text, translate
from xiaoer.kit.logging import Log

log = Log("xiaoer.http")


class Problem(msgspec.Struct, frozen=True):
    """`code` is stable, `message` is for people, `params` name the field, row or limit at fault."""

    code: str
    message: str
    params: dict[str, Any] = {}


_STATUSES = {
    400: "What was sent is wrong; `params.field` names it",
    401: "Nobody is signed in, or no longer",
    403: "Not allowed",
    404: "No such object, or none you may know of",
    405: "No such method here",
    409: "Somebody or something came first; `params` tell who",
    413: "Too large",
    422: "Contradicts what is known",
    429: "Slow down; see Retry-After",
    503: "A needed part is away; see Retry-After",
}
# A number in a path or a query; the framework does not look at msgspec's own limits there.
SeqGiven = Annotated[int, Parameter(ge=0, le=2**62)]
SeqOrNone = Annotated[int | None, Parameter(ge=0, le=2**62)]

RESPONSES = {
    status: ResponseSpec(Problem, description=text, generate_examples=False) for status, text in _STATUSES.items()
}

_HTTP_CODES = {
    400: "request.invalid", 401: "session.expired", 403: "permission.missing", 404: "path.not_found",
    405: "method.not_allowed", 413: "request.too_large", 429: "request.too_many", 503: "database.unavailable",
}  # fmt: skip


def locale_of(request: Request[Any, Any, Any]) -> str:
    """The first language the caller asks for, as far as it is spoken here."""
    wanted = request.headers.get("accept-language", "").split(",")[0].split(";")[0].strip()
    return pick_locale(wanted, "zh-CN")


# `\\u0000` of JSON, unless its backslash is itself escaped.
_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """The one character that no column holds is refused at the door, wherever in a request it stands."""
    if "\x00" in request.url.path or b"%00" in request.scope["query_string"]:
        raise InvalidInput("request.nul_character")
    kind, _ = request.content_type
    if kind == "application/json" and _NUL_ESCAPE.search(await request.body()):
        raise InvalidInput("request.nul_character")


def _answer(status: int, problem: Problem, headers: dict[str, str] | None = None) -> Response[Problem]:
    return Response(problem, status_code=status, media_type="application/json", headers=headers)


def answer_expected(request: Request[Any, Any, Any], error: XiaoerError) -> Response[Problem]:
    """An error of our family: information, not an incident."""
    log.info("refused", code=error.code, status=error.status)
    headers = {}
    if "retry_after" in error.params:
        headers["Retry-After"] = str(error.params["retry_after"])
    problem = Problem(error.code, error_text(error, locale_of(request)), error.params)
    return _answer(error.status, problem, headers)


def answer_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What the framework refuses before a handler runs: unknown path, wrong method, body that does not fit."""
    status = error.status_code
    code = _HTTP_CODES.get(status, "request.invalid" if status < 500 else "server.failed")
    params: dict[str, Any] = {}
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        params["errors"] = [_named(one) for one in error.extra[:20]]
        if params["errors"]:
            params["field"] = params["errors"][0].get("field", "")
    elif status == 400:
        params["reason"] = str(error.detail)[:300]
    text = translate(code, locale_of(request), **{"field": params.get("field", ""), **params})
    return _answer(status, Problem(code, text, params), dict(error.headers or {}))


def _named(one: Any) -> dict[str, str]:
    if not isinstance(one, dict):
        return {"field": "", "reason": str(one)[:200]}
    return {"field": str(one.get("key", "")), "reason": str(one.get("message", ""))[:200]}


def answer_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A fault of ours: logged with its trace, told without it."""
    log.error("request_failed", cause=error, path=request.url.path)
    return _answer(500, Problem("server.failed", translate("server.failed", locale_of(request))))
