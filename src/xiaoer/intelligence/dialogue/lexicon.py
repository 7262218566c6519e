"""Small word lists over normalised text: anger, risk, asking for a person, asking how something works."""

from __future__ import annotations

import re

from xiaoer.intelligence.dialogue.types import Risk

_ANGRY = re.compile(
    r"垃圾|骗子|骗人|骗钱|欺骗|坑人|坑爹|坑我|坑死|太坑|真坑|恶心|气死|气炸|气人|生气|火大|愤怒|无语|受够|忍无可忍"
    r"|什么破|破店|黑店|黑心|奸商|无良|太差|差劲|极差|太烂|真烂|烂透|太过分|过分了|离谱|扯淡|敷衍|忽悠|糊弄|耍我|耍人"
    r"|玩我呢|不要脸|有病|脑残|智障|傻[逼比b叉x]|[操草艹]你|尼玛|你妹|他妈|妈的|tmd|滚[蛋!吧开]|再也不[来买]|要?曝光"
    r"|什么态度|什么服务|什么玩意|搞什么|还要不要脸|倒闭|投诉你|举报你|差评"
    r"|\b(?:scam(?:mers?)?|fraud|rip-?off|terrible|horrible|awful|worst|ridiculous|disgusting|pathetic|useless"
    r"|unacceptable|furious|angry|pissed|fed up|bullshit|wtf|fuck\w*|shit|garbage|rubbish|liars?"
    r"|never (?:buying|shopping))\b"
)
# "不生气", "别生气", "没有骗人的吧" calm down what follows.
_NOT_ANGRY = re.compile(
    r"(?:不|别|没|没有|不是)(?:生气|无语|骗人|差)|差评(?:返现|怎么|如何)|垃圾(?:桶|袋|箱|分类)|not angry"
)
_RISKS: tuple[tuple[Risk, re.Pattern[str]], ...] = (
    (
        "regulator",
        re.compile(
            r"(?<!\d)(?:12315|12345|12300|12305)(?!\d)|工商局?|消协|消费者协会|市场监管|市监|质监|黑猫投诉|平台介入"
            r"|\bconsumer (?:protection|association)"
        ),
    ),
    (
        "legal",
        re.compile(
            r"起诉|法院|律师|报警|打官司|仲裁|走法律|法律途径"
            r"|\b(?:sue|lawsuit|lawyer|attorney|police|legal action|small claims)\b"
        ),
    ),
    (
        "media",
        re.compile(
            r"曝光|记者|媒体|发(?:微博|抖音|小红书)|挂网上|热搜"
            r"|\b(?:go public|press|journalist|twitter|tiktok)\b"
        ),
    ),
    (
        "compensation",
        re.compile(r"赔偿|赔我|赔钱|赔付|索赔|怎么赔|三倍|十倍|假一赔|退一赔|补偿|精神损失|\bcompensat\w*|\bdamages\b"),
    ),
)
_HUMAN = re.compile(
    r"^(?:请|麻烦|帮我|给我|我要|我想|快|赶紧|直接|能不能|可以|可不可以|能|你好,?|亲,?|在吗,?)*"
    r"(?:转接?|找|接|叫|换|要|联系|切换?到?)?(?:个|一下|下|到)?(?:你们)?的?"
    r"(?:人工|真人|活人|在线客服|客服(?:人员|专员))"
    r"(?:客服|服务|坐席|座席|处理|回答|接听)?(?:吧|呢|吗|啊|呀|谢谢|,|\.|!|\?|~| )*$"
    r"|转\s?人工|转接人工|转仁工|转人\b|zhuan ?ren ?gong|人工人工"
    r"|\b(?:human|real person|live) (?:agent|being|support|help|representative|chat|person)\b"
    r"|\b(?:speak|talk|chat|connect me|transfer me|put me through) (?:to|with) (?:an? |the )?(?:real |live )?"
    r"(?:human|person|agent|representative|someone|operator|manager|supervisor)\b"
    r"|^(?:human|agent|operator|representative)(?: please)?[.!]?$"
)
_ABOUT_HUMAN = re.compile(
    r"几点|时间|多久|什么时候|上班|下班|在线吗|电话|收费|怎么联系|排队|周末|\bhours\b|\bwhen\b|\bphone\b"
)
_HOW_TO = re.compile(
    r"怎么(?!还|没|回事|不|这么|样)|如何|怎样|在哪|哪里|一般|通常|多久|几天|多长时间|多少天|什么意思|为什么|为啥"
    r"|可以.*吗|能不能|能.*吗|会不会|规则|流程|要多少|需要"
    r"|\b(?:how|what does|what is|usually|why|can i|do you|policy|mean)\b"
)
_OWN = re.compile(
    r"我的|我[那这买上昨前刚拍下订]|[这那][个单]|帮我|查|看看|看一下|订单|单子|快递|包裹|物流"
    r"|\b(?:my|mine|track|check|order)\b"
)


def is_angry(text: str) -> bool:
    """Does a normalised text sound upset? A small lexicon: precise rather than complete."""
    return _ANGRY.search(_NOT_ANGRY.sub(" ", text)) is not None


def find_risk(text: str) -> Risk | None:
    """The gravest risky topic of a normalised text: regulator, legal, media, compensation."""
    return next((risk for risk, pattern in _RISKS if pattern.search(text)), None)


def asks_for_human(text: str) -> bool:
    """Does it plainly ask for a person? Not when it asks about the hours or the phone of the service."""
    return _HUMAN.search(text) is not None and not _ABOUT_HUMAN.search(text)


def is_about_service_desk(text: str) -> bool:
    """Does it ask for the hours or the phone of the human service, rather than for a person?"""
    return _ABOUT_HUMAN.search(text) is not None


def is_how_to(text: str) -> bool:
    """Does it ask how things work in general, rather than about one's own order?"""
    return _HOW_TO.search(text) is not None


def is_about_own(text: str) -> bool:
    """Does it speak of one order or parcel of the shopper's own?"""
    return _OWN.search(text) is not None
