"""A parcel's way from the warehouse in Hangzhou to a door: who saw it, where and when. Pure.

Times are worked out in China's time and kept in UTC. Nothing happens after `now`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import msgspec

from xiaoer.business.storefront.rules import CARRIERS
from xiaoer.business.storefront.types import City, Course, Person, Scan, Text

CHINA = timezone(timedelta(hours=8))
_WAREHOUSE = {"zh-CN": "青禾生活杭州仓", "en": "Qinghe Living warehouse, Hangzhou"}
_ORIGIN = {"zh-CN": "杭州转运中心", "en": "Hangzhou hub"}
_TEXTS: dict[str, Text] = {
    "collected": {
        "zh-CN": "{carrier}已揽收，包裹自青禾生活杭州仓发出",
        "en": "Collected by {carrier} at the Qinghe Living warehouse",
    },
    "hub": {"zh-CN": "包裹已到达{place}，正在分拨", "en": "Arrived at {place}, being sorted"},
    "left": {"zh-CN": "包裹已离开{place}，发往{next}", "en": "Left {place} for {next}"},
    "site": {"zh-CN": "包裹已到达{place}，准备安排派送", "en": "Arrived at {place}, delivery being arranged"},
    "delivering": {
        "zh-CN": "快递员正在派送，请保持电话畅通",
        "en": "Out for delivery; please keep your phone at hand",
    },
    "failed": {
        "zh-CN": "派送未成功：收件人电话无人接听，将再次安排派送",
        "en": "Delivery failed: the phone was not answered; another attempt will be made",
    },
    "station": {
        "zh-CN": "包裹已放入{place}代收，请凭取件码及时领取",
        "en": "Left at {place}; please collect it with your pick-up code",
    },
    "signed": {"zh-CN": "包裹已签收，签收人：本人", "en": "Signed for by the recipient"},
}


class Trip(msgspec.Struct, frozen=True):
    """`arrives_on` is the China-time midnight of the day of delivery."""

    city: City
    person: Person
    carrier: str
    shipped_at: datetime
    arrives_on: datetime


def day_of(instant: datetime) -> datetime:
    """The midnight in China before an instant."""
    return instant.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def clock(day: datetime, rng: Random, first_hour: int, last_hour: int) -> datetime:
    """Some minute of that day between two hours, the last one not included."""
    minutes = rng.randrange(first_hour * 60, last_hour * 60)
    return day + timedelta(minutes=minutes, seconds=rng.randrange(60))


def plan_arrival(shipped_at: datetime, city: City, course: Course, now: datetime, *, arrived: bool) -> datetime:
    """The day a parcel arrives: in the past when it has arrived, and fitting the course when it has not."""
    today, usual = day_of(now), day_of(shipped_at) + timedelta(days=city.days)
    if arrived or course == "failed":
        return min(usual, today - timedelta(days=1))
    if course == "delivering":
        return today
    return max(usual, today + timedelta(days=1))


class _Day(msgspec.Struct, frozen=True):
    """The day of delivery: at the last hub, at the delivery office, out with the courier, at the door."""

    at_hub: datetime
    at_site: datetime
    out: datetime
    end: datetime


def _day(trip: Trip, course: Course, rng: Random, now: datetime) -> _Day:
    day = trip.arrives_on
    at_hub, at_site = clock(day, rng, 1, 3), clock(day, rng, 5, 7)
    out, end = clock(day, rng, 8, 10), clock(day, rng, 11, 18)
    # Before breakfast the demo's courier is already out, or there would be nobody to ask about.
    early = max(out - (now - timedelta(minutes=25)), timedelta(0)) if course == "delivering" else timedelta(0)
    return _Day(at_hub=at_hub - early, at_site=at_site - early, out=out - early, end=end)


def travel(trip: Trip, course: Course, rng: Random, now: datetime, *, arrived: bool) -> list[Scan]:
    """What has been seen of a parcel so far, oldest first."""
    day = _day(trip, course, rng, now)
    scans = _line_haul(trip, day, rng) + _last_mile(trip, day, course, arrived=arrived)
    if course == "stuck":
        scans = [scan for scan in scans if scan.at <= now - timedelta(days=4)][:3]
    return [msgspec.structs.replace(s, at=s.at.astimezone(UTC)) for s in scans if s.at <= now]


def _scan(step: str, at: datetime, place: Text, **words: Mapping[str, str]) -> Scan:
    words = {"place": place, **words}
    text = {
        locale: template.format(**{key: value.get(locale, "") for key, value in words.items()})
        for locale, template in _TEXTS[step].items()
    }
    return Scan(step=step, at=at, text=text, place=dict(place))


def _hub(city: City) -> Text:
    return {"zh-CN": f"{city.name['zh-CN'].removesuffix('市')}转运中心", "en": f"{city.name['en']} hub"}


def _line_haul(trip: Trip, day: _Day, rng: Random) -> list[Scan]:
    shipped, target = trip.shipped_at, _hub(trip.city)
    if target == _ORIGIN:
        target = {"zh-CN": "杭州同城分拨中心", "en": "Hangzhou city depot"}
    after = trip.city.via or target
    at_origin = shipped + timedelta(minutes=rng.randrange(150, 210))
    left_origin = at_origin + timedelta(minutes=rng.randrange(60, 120))
    collected = shipped + timedelta(minutes=rng.randrange(30, 100))
    scans = [
        _scan("collected", collected, _WAREHOUSE, carrier=CARRIERS[trip.carrier]),
        _scan("hub", at_origin, _ORIGIN),
        _scan("left", left_origin, _ORIGIN, next=after),
    ]  # fmt: skip
    if trip.city.via:
        between = left_origin + (day.at_hub - left_origin) * (0.4 + 0.2 * rng.random())
        between = between.replace(microsecond=0)
        onward = between + (day.at_hub - between) * 0.15
        scans += [
            _scan("hub", between, trip.city.via),
            _scan("left", onward.replace(microsecond=0), trip.city.via, next=target),
        ]
    return [*scans, _scan("hub", day.at_hub, target)]


def _last_mile(trip: Trip, day: _Day, course: Course, *, arrived: bool) -> list[Scan]:
    place = _site(trip)
    scans = [_scan("site", day.at_site, place), _scan("delivering", day.out, place)]
    if course == "failed":
        scans.append(_scan("failed", day.end, place))
    elif arrived and course == "station":
        station = {"zh-CN": trip.person.station, "en": "the neighbourhood pick-up point"}
        scans.append(_scan("station", day.end, station))
    elif arrived:
        scans.append(_scan("signed", day.end, place))
    return scans


def _site(trip: Trip) -> Text:
    city, district = trip.city, trip.person.district
    chinese = f"{city.name['zh-CN'].removesuffix('市')}{district}营业部"
    return {"zh-CN": chinese, "en": f"{city.name['en']} local delivery office"}
