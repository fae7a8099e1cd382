"""Filters: which exchanges each of them matches, and its canonical form."""

import operator

import pytest
from filter_samples import BOT, CART, EXCHANGE, EXCHANGES, LOST, SAMPLES, UNPAIRED
from hypothesis import example, given, strategies

from stats.loading import load
from stats.statistic import HITS, Statistic
from stats.top_sections import TopSections
from stats.top_user_agents import TopUserAgents
from store.filtering.fields import key_of
from store.filtering.filter import MAX_CHARACTERS, Filter, fields, of_key, parse
from traffic.records import CLOSED, RESET, TIMEOUT, Exchange, Request

ALL = "cart bot ipv6 unanswered lost unpaired"
PAIRED = "cart bot ipv6 unanswered lost"
SHOP = "cart ipv6 unanswered lost"


def found(text: str) -> str:
    """Return the names of the samples that a filter matches."""
    wanted = parse(text)
    return " ".join(name for name, exchange in SAMPLES.items() if wanted(exchange))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ALL),
        # Texts: matched anywhere; case is ignored unless there is a capital letter.
        ("host:shop", SHOP),
        ("host:EXAMPLE", ""),
        ("host:192.168", "unpaired"),
        ("domain:api.example", "bot"),
        ("path:^/cart", SHOP),
        ("path:cart$", ""),
        ("path:add$", SHOP),
        (r"path:/v\d/", "bot"),
        ("path:(cart|users)", PAIRED),
        ("path:cart|users", PAIRED),
        ("section=shop.example.com/cart", SHOP),
        ("section=shop.example.com", ""),
        ("url:com/cart/add\\?item", SHOP),
        ("query:item=7", SHOP),
        ("target:item", SHOP),
        ("method:post", SHOP),
        ("method:POST", SHOP),
        ("method:Post", ""),
        ("method!=POST", "bot unpaired"),
        ("ua:bot", "bot"),
        ("ua:Bot", ""),
        ("ua:Googlebot", "bot"),
        ('ua:"5.0 firefox"', SHOP),
        ("ua:'5.0 firefox'", SHOP),
        ('ua=""', ""),
        ("referrer:google", PAIRED),
        ("type:json", "bot"),
        ("version:1.1", PAIRED),
        ("oddity:chunk", "bot"),
        # A bare word is searched in host, path and user agent.
        ("users", "bot"),
        ("example.com/cart", SHOP),
        ("googlebot", "bot"),
        ('"and"', ""),
        # Status.
        ("status:200", "cart unpaired"),
        ("status:5xx", "bot"),
        ("status:200-299", "cart unpaired"),
        ("status:400..", "bot ipv6"),
        ("status:404,5XX", "bot ipv6"),
        ("status:none", "unanswered lost"),
        ("status>=400", "bot ipv6"),
        ("status:>=400", "bot ipv6"),
        ("status!=200", "bot ipv6 unanswered lost"),
        ("status=200", "cart unpaired"),
        # Addresses.
        ("client:10.0.0.0/8", "cart bot unanswered lost unpaired"),
        ("client:10", "cart bot unanswered lost unpaired"),
        ("client:10.0.", "cart bot unanswered lost unpaired"),
        ("client:10.1", ""),
        ("client:10.0.0.7", "cart bot unanswered lost unpaired"),
        ("client=10.0.0.7:50000", "cart bot unanswered lost unpaired"),
        ("client:10.0.0.7:5000", ""),
        ("client:2001:db8::/32", "ipv6"),
        ("client:2001:DB8:", "ipv6"),
        ("client:2001:db8:0:0::7", "ipv6"),
        ("server:[2001:db8:1::5]:8080", "ipv6"),
        ("server:[2001:db8:1::5]", "ipv6"),
        ("server:192.168.1.5:80,2001:db8::/32", ALL),
        ("port:8080", "ipv6"),
        ("port:8000-9000,443", "ipv6"),
        ("port<8080", "cart bot unanswered lost unpaired"),
        # Times and sizes; an unknown value is neither more nor less than anything.
        ("time>500ms", "bot"),
        ("time>=0.5s", "cart bot ipv6"),
        ("time >= .5s", "cart bot ipv6"),
        ("time:500ms..1s", "cart ipv6"),
        ("time:..1s", "cart ipv6"),
        ("time:1s..", "bot"),
        ("time<1s", "cart ipv6"),
        ("time=0.5s", "cart ipv6"),
        ("not time<1s", "bot unanswered lost unpaired"),
        ("time>500000us", "bot"),
        ("time>500000µs", "bot"),
        ("time<1min", "cart bot ipv6"),
        ("total<=750ms", "cart bot ipv6"),
        ("size:2500", "cart bot ipv6 lost unpaired"),
        ("size>2k", "cart bot ipv6 lost unpaired"),
        ("size>2.5k", ""),
        ("size<2.5KiB", ALL),
        ("bytes:1k..1MB", "cart bot ipv6 lost unpaired"),
        ("sent>0", "cart bot ipv6 unanswered lost"),
        # Properties.
        ("is:error", "bot ipv6 unanswered"),
        ("is:unanswered", "unanswered"),
        ("is:gap", "lost"),
        ("is:odd,gap", "bot lost"),
        ("is:unpaired", "unpaired"),
        ("is:complete", "cart bot ipv6 unpaired"),
        ("ending:timeout,gap", "unanswered lost"),
        # Combinations.
        ("host:shop status:200", "cart"),
        ("host:shop and status:200", "cart"),
        ("host:shop AND status:200 or ua:bot", "cart bot"),
        ("host:shop && (status:200 || status:none)", "cart unanswered lost"),
        ("not host:shop", "bot unpaired"),
        ("!host:shop", "bot unpaired"),
        ("-host:shop -is:unpaired", "bot"),
        ("not (host:shop or ua:bot)", "unpaired"),
        ("(path:(cart) or is:unpaired) status:200", "cart unpaired"),
    ],
)
def test_which_exchanges_a_filter_matches(text: str, names: str) -> None:
    assert found(text) == names


OWNED = EXCHANGE._replace(
    process="nginx", process_id=7, user="www-data", container="web", container_image="nginx:1.29", pod="shop/cart-7d4"
)


@pytest.mark.parametrize("text", ["process=nginx", "user:www", "container:^web$", "image:1.29", "pod:shop/"])
def test_exchanges_are_found_by_their_owner(text: str) -> None:
    assert [each for each in (EXCHANGE, OWNED) if parse(text)(each)] == [OWNED]


CALL = EXCHANGE._replace(protocol="grpc", operation="shop.Cart/Add", grpc_status=5)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("protocol:grpc", [CALL]),
        ("protocol=http/1.1", [EXCHANGE]),
        ("operation=shop.Cart/Add", [CALL]),
        ("operation:.", [CALL]),
        ("grpc_status:3..5", [CALL]),
        ("grpc_status>5", []),
        ("not grpc_status=0", [EXCHANGE, CALL]),
        ("is:error status:200", [CALL]),
    ],
)
def test_calls_are_found_by_protocol_operation_and_grpc_status(text: str, matches: list[Exchange]) -> None:
    wanted = parse(text)
    assert [each for each in (EXCHANGE._replace(protocol="http/1.1"), CALL) if wanted(each)] == [
        each._replace(protocol=each.protocol or "http/1.1") for each in matches
    ]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  host:shop   and\tstatus:200 ", "host:shop status:200"),
        ("a OR b AND c", "a or b c"),
        ("(a or b) c", "(a or b) c"),
        ("((a)) (b c)", "a b c"),
        ("!a", "not a"),
        ("not not a", "a"),
        ("-(a b)", "not (a b)"),
        ("!!(a or b)", "a or b"),
        ("status != 200", "not status=200"),
        ("time > 500ms", "time>500ms"),
        ("time:>500ms", "time>500ms"),
        ("status==200", "status=200"),
        ("DOMAIN:shop", "host:shop"),
        ('ua:"bot"', "ua:bot"),
        ('ua:"a bot"', 'ua:"a bot"'),
        ('"or"', '"or"'),
        ('ua=""', 'ua=""'),
    ],
)
def test_equivalent_filters_have_one_canonical_form(text: str, canonical: str) -> None:
    assert parse(text).text == canonical
    assert parse(canonical) == parse(text)


def test_two_filters_combined_require_both() -> None:
    either = parse("a or b")
    assert (either & parse("c")).text == "(a or b) c"
    assert (parse("") & either) == either == (either & parse(""))
    both = parse("host:shop") & parse("status:200")
    assert [name for name, exchange in SAMPLES.items() if both(exchange)] == ["cart"]


# A filter of a row ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statistic", load(["top_sections", "top_user_agents", "top_status_codes", "top_methods"]))
def test_the_filter_of_a_top_list_row_can_be_typed(statistic: Statistic) -> None:
    for exchange in SAMPLES.values():
        record = exchange.request if statistic.record is Request else exchange
        if record is None:
            continue
        wanted = of_key(statistic, key_of(statistic)(exchange) or "")
        assert wanted(exchange)
        written = parse(wanted.text, [statistic])
        for other in SAMPLES.values():
            assert wanted(other) == written(other)


@given(strategies.text())
@example('say "a\\" or \\\\')
def test_any_key_can_be_typed(key: str) -> None:
    text = of_key(TopUserAgents(), key).text
    exchange = EXCHANGE._replace(request=CART._replace(user_agent=key))
    if key and len(text) <= MAX_CHARACTERS:
        assert parse(text, [TopUserAgents()])(exchange)
        assert not parse(text, [TopUserAgents()])(EXCHANGE._replace(request=CART._replace(user_agent=key + "x")))


def test_a_plug_in_that_raises_matches_nothing() -> None:
    class Broken:
        name, title, unit, record = "broken", "Broken", HITS, Exchange

        def key(self, exchange: Exchange) -> str:
            raise ZeroDivisionError

    assert not parse("broken:a", [Broken()])(EXCHANGE)


def test_help_lists_each_field_once_with_a_valid_example() -> None:
    known = fields([TopSections()])
    assert len({field.name for field in known}) == len(known)
    assert known[-1].name == "top_sections"
    for field in known:
        assert parse(field.example, [TopSections()]).text.startswith(field.name)
        assert field.explanation
    words = {field.name: sorted(field.words) for field in known if field.words}
    assert list(words) == ["ending", "is"]


# Against an evaluation by hand ----------------------------------------------------------------------------------------


def _of_text(name: str, part: str, exchange: Exchange) -> bool:
    request = exchange.request
    if name == "host":
        text = exchange.domain
    elif request is None:
        return False
    else:
        text = {"path": request.path, "ua": request.user_agent, "method": request.method}[name]
    return part in text if part.lower() != part else part in text.lower()


_COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}


def _text_leaf(name: str, part: str) -> tuple[str, object]:
    return f"{name}:{part}", lambda exchange: _of_text(name, part, exchange)


def _time_leaf(sign: str, milliseconds: int) -> tuple[str, object]:
    return (
        f"time{sign}{milliseconds}ms",
        lambda exchange: (
            exchange.response_time is not None and _COMPARED[sign](exchange.response_time, milliseconds / 1000)
        ),
    )


def _size_leaf(low: int, more: int) -> tuple[str, object]:
    return f"size:{low}..{low + more}", lambda exchange: low <= exchange.response_bytes <= low + more


def _status_leaf(sign: str, code: int) -> tuple[str, object]:
    return (
        f"status{sign}{code}",
        lambda exchange: exchange.status is not None and _COMPARED[sign](exchange.status, code),
    )


LEAVES = strategies.one_of(
    strategies.builds(
        _text_leaf, strategies.sampled_from(["host", "path", "ua", "method"]), strategies.text("abAB1", min_size=1)
    ),
    strategies.builds(
        _time_leaf, strategies.sampled_from(list(_COMPARED)), strategies.sampled_from([0, 100, 250, 500])
    ),
    strategies.builds(_size_leaf, strategies.sampled_from([0, 1, 1000]), strategies.sampled_from([0, 24, 9000])),
    strategies.builds(_status_leaf, strategies.sampled_from(list(_COMPARED)), strategies.integers(100, 599)),
    strategies.sampled_from(
        [
            ("is:gap", lambda exchange: exchange.missing_bytes > 0 or exchange.ending == "gap"),
            (
                "is:unanswered",
                lambda exchange: exchange.status is None and exchange.ending in (CLOSED, RESET, TIMEOUT),
            ),
            ("status:2xx,404", lambda exchange: exchange.status in (200, 204, 404)),
            ("status:none", lambda exchange: exchange.status is None),
            ("client:10.0.0.0/16", lambda exchange: exchange.client == "10.0.0.7"),
            ("port:8080", lambda exchange: exchange.server_port == 8080),
        ]
    ),
)


@strategies.composite
def _joined(draw, children):  # type: ignore[no-untyped-def]
    kind = draw(strategies.sampled_from(["not", "and", "or"]))
    text, test = draw(children)
    if kind == "not":
        sign = draw(strategies.sampled_from(["not ", "NOT ", "!", "-"]))
        return f"{sign}({text})", lambda exchange: not test(exchange)
    other_text, other = draw(children)
    if kind == "and":
        glue = draw(strategies.sampled_from([" ", " and ", " AND ", " && "]))
        return f"({text}){glue}({other_text})", lambda exchange: test(exchange) and other(exchange)
    glue = draw(strategies.sampled_from([" or ", " Or ", " || "]))
    return f"({text}){glue}({other_text})", lambda exchange: test(exchange) or other(exchange)


FILTERS = strategies.recursive(LEAVES, _joined, max_leaves=8)


@given(FILTERS, strategies.lists(EXCHANGES, min_size=1, max_size=5))
def test_a_filter_agrees_with_an_evaluation_by_hand(parts: tuple[str, Filter], exchanges: list[Exchange]) -> None:
    text, by_hand = parts
    wanted = parse(text)
    again = parse(wanted.text)
    assert again.text == wanted.text
    for exchange in exchanges:
        assert wanted(exchange) == by_hand(exchange) == again(exchange)


@given(strategies.lists(LEAVES, min_size=1, max_size=5), strategies.data())
def test_and_binds_closer_than_or(leaves: list[tuple[str, Filter]], data: strategies.DataObject) -> None:
    glue = [data.draw(strategies.sampled_from([" and ", " or ", " "])) for _ in leaves[1:]] + [""]
    wanted = parse("".join(text + between for (text, _), between in zip(leaves, glue, strict=True)))
    exchange = data.draw(EXCHANGES)
    groups: list[list[bool]] = [[]]
    for (_, test), between in zip(leaves, glue, strict=True):
        groups[-1].append(test(exchange))
        if between == " or ":
            groups.append([])
    assert wanted(exchange) == any(all(group) for group in groups)


def test_unknown_values_match_neither_a_comparison_nor_its_opposite() -> None:
    assert not parse("time>1s or time<=1s")(LOST)
    assert not parse('path:. or path=""')(UNPAIRED)
    assert parse("oddity:.")(BOT)
    assert not parse("oddity:.")(EXCHANGE)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("client:203.0.113.9", True),
        ("client:203.0.113.9:50000", False),
        ("client:10.0.0.7", False),
        ("source:10.0.0.7", True),
        ("source:10.0.0.7:50000", True),
        ("source:203.0.113.9", False),
    ],
)
def test_a_client_behind_a_proxy_has_no_port_and_its_peer_is_the_source(text: str, matches: bool) -> None:
    assert parse(text)(EXCHANGE._replace(client="203.0.113.9")) is matches


def test_without_a_proxy_the_source_is_the_client() -> None:
    for text in ("client:10.0.0.7:50000", "source:10.0.0.7:50000", "source:10.0.0.0/8"):
        assert parse(text)(EXCHANGE)
