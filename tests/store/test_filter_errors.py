"""Errors in filters: the message explains each and marks the wrong part. Nothing else is ever raised."""

import pytest
from filter_samples import SAMPLES
from hypothesis import example, given, settings, strategies

from stats.top_sections import TopSections
from store.filtering.errors import FilterError
from store.filtering.filter import MAX_CHARACTERS, MAX_DEPTH, parse

CASES = [
    # the filter with its wrong part in «», and a part of the message
    ("«hots»:shop", "did you mean 'host'"),
    ("«http»://shop", "Quote it to search as text"),
    ("«xyz»:1", "available: host, path,"),
    ("«host:»", "needs a value right after it"),
    ("«host:» shop", "needs a value right after it"),
    ("time>«abc»", "a number with a unit, such as 500ms"),
    ("time>«500»", "500us, 500ms, 500s"),
    ("time>«5xs»", "unknown unit 'xs'"),
    ("time>«-5ms»", "a number with a unit"),
    ("«time:5ms»", "write time>5ms"),
    ("time:«2s..1s»", "lower number"),
    ("time:«..»", "needs a limit"),
    ("time:1s..«x»", "a number with a unit"),
    ("size>«1q»", "unknown unit 'q'"),
    ("size:«x»,5", "size needs a number, such as 10k"),
    ("status:«5»", "three-digit code"),
    ("status:200,«5x»", "three-digit code"),
    ("status>«4xx»", "unknown unit 'xx'"),
    ("port:«http»", "port needs a number"),
    ("client:«shop»", "use host: for host names"),
    ("client:10.0.0.1,«10.0.0.300»", "client needs an address"),
    ("client:«10.0.0.0/40»", "client needs an address"),
    ("server:«10.0.0.5:99999»", "65535"),
    ("«client>10.0.0.1»", "cannot be compared"),
    ("is:«eror»", "did you mean 'error'"),
    ("is:gap,«xyz»", "available: error, unanswered"),
    ("«ending>reset»", "cannot be compared"),
    ("«path>3»", "path=... for the whole value"),
    ('«path:""»', "nothing to search for"),
    ('«""»', "nothing to search for"),
    ('host:«"shop»', "unclosed quote"),
    ("«'shop»", "unclosed quote"),
    ('"shop"«x»', "a space after a quoted value"),
    ("«(»a", "add )"),
    ("«(»(a)", "add )"),
    ("a«)»", "unmatched )"),
    ("«)»", "unmatched )"),
    ("«()»", "empty parentheses"),
    ("a «and»", "needs a term after it"),
    ("«not»", "needs a term after it"),
    ("a «!»", "needs a term after it"),
    ("«or» a", "needs a term before it"),
    ("a or «or» b", "needs a term before it"),
    ("a and «and» b", "needs a term before it"),
    ("(a «or»)", "needs a term after it"),
    ("«>»5", "field name missing before this"),
    ("path= «=»a", "two comparisons in a row"),
    ("path:«(a»", "quote the value, or add )"),
    ('path:"«(a»"', "add )"),
    ("path:«[a»", "add ]"),
    ("path:a«**»", "remove one"),
    ("path:«*»a", "nothing to repeat before it"),
    ("path:a«{2000}»", "at most 1000"),
    ("path:x«(?=»a)", "lookahead"),
    (r"path:\w«\q»", "unknown escape"),
    (r"path:(a)«\1»", "unknown escape"),
    ("path:[«z-a»]", "character range"),
    ("path:«.{0,1000}»", "pattern too large"),
    ("path:«(x{900}y{900}z{900})»", "pattern too large"),
    ("(" * MAX_DEPTH + "«(»a", "nested too deeply"),
    ("a" * MAX_CHARACTERS + "«b»", "at most"),
]


@pytest.mark.parametrize(("marked", "words"), CASES)
def test_an_error_is_explained_and_marked(marked: str, words: str) -> None:
    text = marked.replace("«", "").replace("»", "")
    with pytest.raises(FilterError) as caught:
        parse(text)
    error = caught.value
    place = f"{text[: error.start]}«{text[error.start : error.end]}»{text[error.end :]}"
    assert (place, error.message) == (marked, error.message)
    assert words in error.message
    assert str(error) == error.message


PIECES = [
    *("host:", "path:", "time>", "status:", "is:", "client:", "top_sections=", "=", "!=", "<", ":", "~"),
    *("and", "or", "not", "&&", "||", "-", "!", "(", ")", '"', "'", " ", " ", "\t", "\\", ",", ".."),
    *("5xx", "500ms", "10k", "10.0.0.0/8", "error", "shop", "[", "]", "{2}", "+", "*", "?", "^", "$", "a", "é", "0"),
]
TEXTS = strategies.text(max_size=40) | strategies.lists(strategies.sampled_from(PIECES), max_size=12).map("".join)


def explanation(text: str) -> FilterError | None:
    try:
        parse(text, [TopSections()])
    except FilterError as error:
        return error
    return None


def check_any(text: str) -> None:
    error = explanation(text)
    if error is not None:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.message
        assert "\n" not in error.message
        return
    wanted = parse(text, [TopSections()])
    again = parse(wanted.text, [TopSections()])
    assert again.text == wanted.text
    for exchange in SAMPLES.values():
        assert wanted(exchange) == again(exchange)


@given(TEXTS)
@settings(max_examples=1000)
@example('"a" = 3')
@example("path:= =0")
@example("(x or ua=a(b )")
@example("(x or ua=a\\ )")
@example("ua:\ud800")
@example("\x00")
@example("time>99999999999999999999999s")
@example("server:1.2.3.4:99999999")
@example("client:1.2.3.4/99999999999")
@example("time:٣ms")
@example("-:<0")
@example("-:<")
@example("a AND =b or != c")
def test_any_text_is_valid_or_explained(text: str) -> None:
    check_any(text)


@given(strategies.text("abc(){}[]*+?|^$\\dws.-:,0123456789 \"'=", max_size=25))
@settings(max_examples=500)
def test_any_pattern_is_valid_or_explained(pattern: str) -> None:
    check_any(f"path:{pattern}")
