"""Sample exchanges, each different from the others in some way that a filter can test."""

from hypothesis import strategies
from records import exchange, request

from traffic.records import CLOSED, COMPLETE, GAP, RESET, TIMEOUT

CART = request(
    time=1000.0,
    client="10.0.0.7",
    server="192.168.1.5",
    method="POST",
    host="Shop.Example.com:80",
    target="/cart/add?item=7",
    user_agent="Mozilla/5.0 Firefox/125.0",
    referrer="http://www.google.com/",
)
EXCHANGE = exchange(
    CART,
    time=1000.8,
    request_bytes=12,
    response_bytes=2500,
    response_time=0.5,
    total_time=0.75,
    answered=1000.5,
)
BOT = EXCHANGE._replace(
    request=CART._replace(method="GET", host="api.example.com", target="/v1/users", user_agent="Googlebot/2.1"),
    status=503,
    response_time=2.0,
    content_type="application/json",
    oddities=("bad chunk size",),
)
IPV6 = EXCHANGE._replace(
    client="2001:db8::7", source="2001:db8::7", server="2001:db8:1::5", server_port=8080, status=404
)
UNANSWERED = EXCHANGE._replace(status=None, response_time=None, total_time=None, response_bytes=0, ending=TIMEOUT)
LOST = EXCHANGE._replace(status=None, response_time=None, total_time=None, missing_bytes=1460, ending=GAP)
UNPAIRED = EXCHANGE._replace(request=None, request_bytes=0, response_time=None, total_time=None)
SAMPLES = {
    "cart": EXCHANGE,
    "bot": BOT,
    "ipv6": IPV6,
    "unanswered": UNANSWERED,
    "lost": LOST,
    "unpaired": UNPAIRED,
}

_WORDS = strategies.text("abAB./-1 é", max_size=6)
_SECONDS = strategies.none() | strategies.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, 2.0])
_SIZES = strategies.sampled_from([0, 1, 999, 1000, 1024, 10_000])
_REQUESTS = strategies.builds(
    CART._replace,
    method=strategies.sampled_from(["GET", "POST", "get"]),
    host=_WORDS,
    target=_WORDS.map(lambda text: f"/{text}"),
    user_agent=_WORDS,
)
EXCHANGES = strategies.builds(
    EXCHANGE._replace,
    client=strategies.sampled_from(["10.0.0.7", "10.1.0.7", "2001:db8::7"]),
    server_port=strategies.sampled_from([80, 8080]),
    request=strategies.none() | _REQUESTS,
    status=strategies.none() | strategies.sampled_from([200, 204, 302, 404, 500, 503]),
    request_bytes=_SIZES,
    response_bytes=_SIZES,
    response_time=_SECONDS,
    total_time=_SECONDS,
    content_type=_WORDS,
    missing_bytes=strategies.sampled_from([0, 5]),
    ending=strategies.sampled_from([COMPLETE, CLOSED, RESET, TIMEOUT, GAP]),
)
"""Generates exchanges with few different values, so that filters often match."""
