"""A shop with some life in it: conversations as they happen, made by the API. For axe and for the README's pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from .pages import make_picture
from .server import Person, Server, Shopper


@dataclass
class World:
    """Who is there, and their conversations by what became of them."""

    server: Server
    owner: Person
    lina: Person
    chen: Person
    key: str = ""
    shoppers: dict[str, Shopper] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def shopper(self, role: str, *, account_id: str | None = None, name: str | None = None) -> Shopper:
        self.shoppers[role] = Shopper(self.server.url, self.key, account_id=account_id, name=name)
        return self.shoppers[role]


def fill(world: World, star: str | None = None) -> World:
    """The same conversations each time, from the quietest to the one on the screen; `star` is served there."""
    world.key = world.owner.widget_key()
    _ended(world)
    _with_the_bot(world)
    _with_a_colleague(world)
    _waiting(world)
    _served(world, star)
    return world


def product_context(world: World, product_id: str) -> dict[str, str]:
    found = world.owner.call("GET", f"/storefront/products/{product_id}")
    title = found["product"]["title"]
    return {
        "url": f"{world.server.url}/demo/products/{product_id}",
        "title": f"{title} - 青禾生活",
        "product_id": product_id,
    }


def _ended(world: World) -> None:
    shopper = world.shopper("ended", account_id="u1012")
    shopper.ask("芒果收到坏了三个，能退吗")
    conversation = world.ids["ended"] = shopper.ask_for_person()
    world.lina.take_over(conversation)
    world.lina.say(conversation, "很抱歉，坏果给您全额退款，今天就会退回原支付方式。")
    shopper.say("好的，谢谢")
    world.lina.resolve(conversation)
    shopper.rate(conversation, 5, ["回复快", "问题已解决"], "处理得很爽快")


def _with_the_bot(world: World) -> None:
    shopper = world.shopper("bot", account_id="u1003")
    shopper.ask("你好")
    shopper.ask("七天无理由怎么退")
    world.ids["bot"] = shopper.ask("运费谁出")
    guest = world.shopper("guest", name="海棠依旧")
    world.ids["guest"] = guest.ask("可以开发票吗")


def _with_a_colleague(world: World) -> None:
    shopper = world.shopper("colleague", account_id="u1013")
    shopper.ask("退货寄回去几天能退款")
    conversation = world.ids["colleague"] = shopper.ask_for_person()
    world.chen.take_over(conversation)
    world.chen.say(conversation, "您好，仓库签收后两个工作日内验收，我帮您盯着。")


def _waiting(world: World) -> None:
    shopper = world.shopper("waiting", account_id="u1002")
    shopper.ask("我的快递四天没动了")
    world.ids["waiting"] = shopper.ask_for_person()
    late = world.shopper("late", name="北岛的风")
    late.ask("买一送一还有吗")
    world.ids["late"] = late.ask_for_person()


def _with_parcel(world: World) -> Shopper:
    """Somebody whose parcel is under way, and who has not written to the shop before."""
    for number in range(1020, 1060):
        shopper = world.shopper("served", account_id=f"u{number}")
        orders = shopper.call("GET", "/visitor/orders")["orders"]
        if len(orders) > 1 and any(order["state"] == "shipped" for order in orders):
            return shopper
    raise AssertionError("nobody in the demo waits for a parcel")


def _served(world: World, star: str | None) -> None:
    """The one on the screen: questions, an order with its trace, a picture, a person, a note."""
    shopper = _with_parcel(world) if star is None else world.shopper("served", account_id=star)
    shopper.ask("什么时候发货", product_context(world, "p-clothes-01"))
    orders = shopper.call("GET", "/visitor/orders")["orders"]
    shipped = next(order for order in orders if order["state"] == "shipped")
    shopper.ask("我的订单到哪了")
    picker = next(e for e in reversed(shopper.snapshot()["events"]) if e["data"].get("type") == "orders")
    shopper.press(picker["seq"], shipped["number"])
    shopper.send_picture(make_picture(), "盒子破了.png")
    conversation = world.ids["served"] = shopper.ask_for_person()
    world.lina.take_over(conversation)
    world.lina.say(conversation, "您好，我是李娜。看到您的照片了，外盒破损很抱歉，里面的鞋子有没有受损？")
    shopper.say("鞋子没事，就是想送人，盒子破了不好看")
    world.lina.say(conversation, "老顾客，第二次遇到外盒破损，可以补寄鞋盒并送 10 元券。", is_note=True)
    world.lina.say(conversation, "明白，我给您**补寄一个新鞋盒**，今天发出，另送您一张 10 元券表示歉意。")
    world.lina.send(conversation, {"type": "order", "number": shipped["number"]})
    shopper.say("太好了，谢谢你！")
