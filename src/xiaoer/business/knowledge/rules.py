"""What an entry must look like. Pure."""

from __future__ import annotations

import re
import unicodedata

from xiaoer.kit.errors import InvalidInput

from .types import EntryDraft, LocaleContent

STATES = ("draft", "published", "archived")
LOCALES = ("zh-CN", "en")
QUESTION_LIMIT = 200
SIMILAR_LIMIT = 200
ANSWER_LIMIT = 5000
_CATEGORY = re.compile(r"[\w一-鿿][\w一-鿿 \-/&]{0,39}")

# A cell that begins so would run as a formula when the file is opened in a spreadsheet (CSV injection). The mark that
# keeps it from running is a "'", so a cell that begins with one of its own is marked as well.
_MARKED = ("=", "+", "-", "@", "\t", "\r", "'")


def quote_cell(text: str) -> str:
    """A cell of an exported file: it cannot run, and `unquote_cell` gives the text back."""
    return "'" + text if text.startswith(_MARKED) else text


def unquote_cell(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_MARKED) else text


def _clean(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def check_draft(draft: EntryDraft) -> EntryDraft:
    """The draft as it is kept: trimmed, duplicates dropped; refuses what cannot serve, naming the field."""
    if not _CATEGORY.fullmatch(draft.category):
        raise InvalidInput("knowledge.invalid_category", field="category")
    if draft.state not in STATES:
        raise InvalidInput("knowledge.unknown_state", field="state", value=draft.state[:20])
    if not draft.content:
        raise InvalidInput("knowledge.no_content", field="content")
    if draft.hot is not None and not 1 <= draft.hot <= 100:
        raise InvalidInput("knowledge.invalid_hot", field="hot", minimum=1, maximum=100)
    if len(draft.related) > 10 or any(not 1 <= len(one) <= 100 for one in draft.related):
        raise InvalidInput("knowledge.invalid_related", field="related", limit=10)
    content = {locale: _check_content(locale, one) for locale, one in draft.content.items()}
    return EntryDraft(
        category=draft.category.strip(), state=draft.state, content=content, hot=draft.hot,
        intent=draft.intent or None, related=list(dict.fromkeys(draft.related)), version=draft.version,
    )  # fmt: skip


def _check_content(locale: str, content: LocaleContent) -> LocaleContent:
    if locale not in LOCALES:
        raise InvalidInput("locale.unknown", field=f"content.{locale[:20]}.locale", value=locale[:20])
    question, answer = _clean(content.question), _clean(content.answer)
    if not 1 <= len(question) <= QUESTION_LIMIT:
        raise InvalidInput("knowledge.question_length", field=f"content.{locale}.question", limit=QUESTION_LIMIT)
    if not 1 <= len(answer) <= ANSWER_LIMIT:
        raise InvalidInput("knowledge.answer_length", field=f"content.{locale}.answer", limit=ANSWER_LIMIT)
    similar = [text for text in dict.fromkeys(_clean(one) for one in content.similar) if text and text != question]
    if len(similar) > SIMILAR_LIMIT or any(len(text) > QUESTION_LIMIT for text in similar):
        raise InvalidInput("knowledge.similar_length", field=f"content.{locale}.similar", limit=QUESTION_LIMIT)
    return LocaleContent(question=question, similar=similar, answer=answer)
