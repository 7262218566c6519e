"""What shoppers say before they come to the point: greetings, forms of address, "may I ask"."""

from __future__ import annotations

import re

_OPENER = re.compile(
    r"(?:(?:你好|您好|早上好|上午好|中午好|下午好|晚上好|哈喽|嗨|hi|hello|hey|在吗|在不在|有人吗|亲爱的|亲亲?"
    r"|老板娘?|掌柜的?|店家|店主|小二|客服|小姐姐|请问一?下?|麻烦问一?下?|我?想?(?:请)?问一?下|我?想咨询一?下?|打扰一?下?了?)"
    r"[\s,.!?~:啊呀哈吧]*)+"
)
SHORTEST_POINT = 3
"""Characters that must remain for the rest to be the point."""


def strip_openers(text: str) -> str:
    """A normalised text without its opening courtesies; the text itself where nothing else is left."""
    match = _OPENER.match(text)
    if match is None:
        return text
    rest = text[match.end() :]
    # "老板电话多少", "客服几点上班": a form of address only where something sets it off.
    if match[0][-1] in "板娘柜的家主服二" and not rest.startswith(
        ("我", "帮", "这", "那", "你", "看", "查", "怎", "请")
    ):
        return text
    return rest if len(rest) >= SHORTEST_POINT else text
