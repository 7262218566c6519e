"""Is the state of the shopper's own order or parcel asked for, now? Patterns over normalised Chinese.

"发了没" and "到哪了" are; "一般几天发" and "怎么查物流" are knowledge, and so is whatever names a trouble.
"""

from __future__ import annotations

import re
from typing import Literal

Flow = Literal["order_status", "logistics"]

_PARCEL = r"(?:快递|包裹|物流|件|货|东西|宝贝|商品|箱子|盒子)"
_THING = rf"(?:{_PARCEL}|订单|定单|单子|单)"
_OWN = r"(?:我的|我[那这]|我.{0,6}[买订拍下购抢].{0,5}的?|那[个双件台条箱袋盒瓶套部本笔单]|这[个双件台单笔])"
_END = r"(?=[呀啊呢哦嘛亲吧吗么了,.!?~ ]|$|帮|给我|看|查|是我|在)"
_LOOK = r"(?:查一?查|查一?下|查看|查询|查|看一?下|看一?看|瞧一?瞧|瞧一?下|瞅一?瞅|瞅一?下|看|瞧|瞅|跟踪)"

_SHIPPED = re.compile(
    r"(?:发|寄)(?:货|火|出|走|出来|出去|过来)*(?:了)(?:没有?|吗|么|不|不曾)" + _END
    + r"|(?:发|寄)(?:货|出|走|出来|出去|过来)*没有?" + _END
    + r"|(?:发|寄)(?:出来|出|走|出去)(?:吗|么|了吗)" + _END
    + r"|发没发|寄没寄|有没有(?:发货|发出|寄出|出库|揽收)|是不是已?经?(?:发货|发出|发了|寄出|寄了|出库|揽收)"
    r"|(?:出库|揽收|出仓|打包好|出发)了?没有?" + _END + r"|(?:出库|揽收|出仓|打包好|出发)了(?:吗|么)"
)  # fmt: skip
_WHERE = re.compile(
    r"(?:[到道走跑]|走到|寄到|送到|运到|跑到)(?:哪|那)(?:儿|里|个城市|个地方|一?步|一?站)?(?:了|啦|来了)"
    r"|(?:[到走]|走到|寄到|送到|运到|跑到|跑)(?:哪|什么地方)(?:儿|里|个城市|个网点|个地方)?(?:去了|呢)?" + _END
    + rf"|(?:{_PARCEL}|{_OWN}.{{0,8}})(?:现在|目前|如今)?(?:是?在)(?:哪|什么地方)(?:儿|里|个网点|个驿站|个城市|个位置)?"
    r"(?:了|呢|呀|啊|现在|哦)*[?.!~]*$"
    r"|到没到|送到(?:了)?没有?" + _END + r"|(?:到|到货|送到|签收|派件|派送|到驿站|到小区)了(?:没有?|吗|么)" + _END
    + r"|离我.{0,4}(?:多远|几站)|在路上了(?:吗|么|没)|是不是.{0,3}(?:签收|签了|到了|到驿站|在路上)"
)  # fmt: skip
_STATE = re.compile(
    rf"(?:{_THING}|{_OWN}.{{0,6}})(?:现在|目前|处理)?(?:是|到)?(?:个?什么|啥|怎么?样?的?)?(?:状态|进度|进展|动静|情况|动向)"
    r"(?:了|呢|如何|怎么样|怎样|给我看.*|啊|呀)*[?.!~]*$"
    rf"|(?:{_OWN}.{{0,6}}|{_THING})(?:现在)?(?:怎么样|咋样|如何)了"
)
_LOOK_UP = re.compile(
    rf"^(?:请|麻烦|帮忙?|给|替|能|能不能|可以|可不可以|有空|想|要|你|我|再|来|快)*"
    rf"{_LOOK}(?:下|看|一下)*(?:我|一下)?(?:的|那个?|这个?|这?些|昨天|前天|最近|最新|今天|刚才|买的|订的|寄给.{{1,4}}的|.{{0,6}}的)*"
    rf"[那这]?[一个笔双]?(?:{_THING}|快弟|物留)(?:吧|呗|呢|了|信息|状态|进度|情况|一下|到哪.*|在哪儿?里?|[?.!~])*$"
    rf"|^(?:我的?|查我的|看我的)?{_THING}(?:呢|查询|状态|进度|信息|进度查询)?[?.!~]*$"
    rf"|(?:帮|给)我?(?:忙)?{_LOOK}(?:下|看)*.{{0,8}}[那这](?:[双台条箱袋个件单笔])"
    rf"|{_THING}.{{0,3}}(?:帮我?|给我){_LOOK}"
)
_BARE = re.compile(r"^(?:我的?|查)(?:货|件|单|东西|快递|包裹|物流|订单)?呢?[?.!~]*$")
# What makes it knowledge all the same: ways and rules, troubles, other subjects.
_NOT_NOW = re.compile(
    r"怎么(?!样了)|咋(?!样了)|如何(?!了?$)|哪里?(?:能|可以)?(?:看|查|找|填|点|领|申请)|能不能退|能退|还能|可以退|会不会|一般|通常|多久|几天|什么时候"
    r"|啥时候|为什么|为啥|没更新|不更新|没动|不动|卡住|没变|停|丢|退|改|取消|撤|发票|开票|赠品|送的|贺卡|券(?!买)|红包|积分|投诉|地址"
    r"|电话|单号|没收到|没有收到|没拿到|没信息|没物流|查不到|找不到|看不到|删|坏|破|烂|漏|少了|少发|发错|送错|寄错|反方向|绕|代签"
    r"|没送|不送|保密|维修|修好|返修|尾款|定金|预售|钱|款(?!的)|账|提醒|通知|短信|消息|备注|样品|保修|合同|客服|视频|图片|寄回"
)
_LOGISTICS = re.compile(r"快递|包裹|物流|件|哪|到|签|派|驿站|路上|离我")


def is_trouble_or_rule(text: str) -> bool:
    """Does it name a trouble, a way or a rule, which knowledge answers whoever's order it is about?"""
    return _NOT_NOW.search(text) is not None


def asks_own_state(text: str) -> Flow | None:
    """The flow that looks up the order or parcel a normalised text asks for; None where it asks for none."""
    if is_trouble_or_rule(text):
        return None
    if _WHERE.search(text):
        return "logistics"
    if _SHIPPED.search(text):
        return "order_status"
    if _STATE.search(text) or _LOOK_UP.search(text) or _BARE.match(text):
        return "logistics" if _LOGISTICS.search(text) else "order_status"
    return None
