"""Wrong filters: each is explained, and the wrong part marked. Nothing else is ever raised."""

import pytest
from filter_samples import SAMPLES
from hypothesis import example, given, settings, strategies

from stats.top_sections import TopSections
from store.filtering.errors import FilterError
from store.filtering.filter import DEEPEST, LONGEST, parse

CASES = [
    # the filter, its part in «», and words of the explanation
    ("«hots»:shop", "did you mean 'host'"),
    ("«http»://shop", "in quotes it is a text"),
    ("«xyz»:1", "there are host, path,"),
    ("«host:»", "needs a value right after it"),
    ("«host:» shop", "needs a value right after it"),
    ("time>«abc»", "a number with a unit, as 500ms"),
    ("time>«500»", "500us, 500ms, 500s"),
    ("time>«5xs»", "no unit 'xs'"),
    ("time>«-5ms»", "a number with a unit"),
    ("«time:5ms»", "write time>5ms"),
    ("time:«2s..1s»", "lower number"),
    ("time:«..»", "needs an end"),
    ("time:1s..«x»", "a number with a unit"),
    ("size>«1q»", "no unit 'q'"),
    ("size:«x»,5", "size needs a number, as 10k"),
    ("status:«5»", "three digits"),
    ("status:200,«5x»", "three digits"),
    ("status>«4xx»", "no unit 'xx'"),
    ("port:«http»", "port needs a number"),
    ("client:«shop»", "names of hosts are found by host:"),
    ("client:10.0.0.1,«10.0.0.300»", "client needs an address"),
    ("client:«10.0.0.0/40»", "client needs an address"),
    ("server:«10.0.0.5:99999»", "65535"),
    ("«client>10.0.0.1»", "cannot be compared"),
    ("is:«eror»", "did you mean 'error'"),
    ("is:gap,«xyz»", "there are error, unanswered"),
    ("«ending>reset»", "cannot be compared"),
    ("«path>3»", "path=... is the whole of it"),
    ('«path:""»', "nothing to search for"),
    ('«""»', "nothing to search for"),
    ('host:«"shop»', "quote is not closed"),
    ("«'shop»", "quote is not closed"),
    ('"shop"«x»', "space is needed after a quoted value"),
    ("«(»a", "add )"),
    ("«(»(a)", "add )"),
    ("a«)»", "closes nothing"),
    ("«)»", "closes nothing"),
    ("«()»", "nothing between"),
    ("a «and»", "needs something after it"),
    ("«not»", "needs something after it"),
    ("a «!»", "needs something after it"),
    ("«or» a", "needs something before it"),
    ("a or «or» b", "needs something before it"),
    ("a and «and» b", "needs something before it"),
    ("(a «or»)", "needs something after it"),
    ("«>»5", "name of a field is needed before this"),
    ("path= «=»a", "two comparisons in a row"),
    ("path:«(a»", "quote the value, or add )"),
    ('path:"«(a»"', "add )"),
    ("path:«[a»", "add ]"),
    ("path:a«**»", "one of them is too much"),
    ("path:«*»a", "nothing before it that could repeat"),
    ("path:a«{2000}»", "up to 1000"),
    ("path:x«(?=»a)", "looking ahead"),
    (r"path:\w«\q»", "means nothing here"),
    (r"path:(a)«\1»", "means nothing here"),
    ("path:[«z-a»]", "range of characters"),
    ("path:«.{0,1000}»", "pattern this large"),
    ("path:«(x{900}y{900}z{900})»", "pattern this large"),
    ("(" * DEEPEST + "«(»a", "parentheses within each other"),
    ("a" * LONGEST + "«b»", "at most"),
]


@pytest.mark.parametrize(("marked", "words"), CASES)
def test_a_wrong_filter_is_explained_where_it_is_wrong(marked: str, words: str) -> None:
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
def test_any_text_is_a_filter_or_is_explained(text: str) -> None:
    check_any(text)


@given(strategies.text("abc(){}[]*+?|^$\\dws.-:,0123456789 \"'=", max_size=25))
@settings(max_examples=500)
def test_any_pattern_is_one_or_is_explained(pattern: str) -> None:
    check_any(f"path:{pattern}")
