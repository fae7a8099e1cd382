"""What contents, expressions and sizes fit, with the arithmetic of Suricata."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suricata_scene import holds

from detection.suricata.matching import TRIES, Buffer, Content, Expression, Part, fits
from detection.suricata.reading import MOST_PARTS

A, B = 'content:"aaa";', 'content:"bbb";'


@pytest.mark.parametrize(
    ("options", "text", "wanted"),
    [
        ('content:"abc";', b"xxabcxx", True),
        ('content:"abc";', b"xxABCxx", False),
        ('content:"aBc"; nocase;', b"xxAbCxx", True),
        ('content:!"abc";', b"xxabcxx", False),
        ('content:!"abc";', b"xxabxx", True),
        ('content:"|61 62|c";', b"abc", True),
        ('content:"a|7c|b";', b"a|b", True),
        (r'content:"a\;\"\\b";', b'a;"\\b', True),
        ('content:"|ff 00|";', b"\xff\x00", True),
        # offset and depth: depth counts from the offset, and the content must end within it
        ('content:"def"; offset:3; depth:3;', b"abcdef", True),
        ('content:"def"; offset:3; depth:3;', b"abc.def", False),
        ('content:"abc"; offset:1;', b"abc", False),
        ('content:"abc"; depth:3;', b"abcd", True),
        ('content:"abc"; depth:4;', b"..abc", False),
        ('content:!"abc"; depth:3;', b".abc", True),
        ('content:!"abc"; offset:10;', b"abc", True),
        ('content:"abc"; offset:10;', b"abc", False),
        # startswith and endswith
        ('content:"abc"; startswith;', b"abcd", True),
        ('content:"abc"; startswith;', b".abc", False),
        ('content:"abc"; endswith;', b"abc.abc", True),
        ('content:"abc"; endswith;', b"abc.", False),
        ('content:"abc"; startswith; endswith;', b"abc", True),
        ('content:"abc"; startswith; endswith;', b"abcabc", False),
        ('content:!"abc"; endswith;', b"abc.", True),
        ('content:!"abc"; endswith;', b".abc", False),
        ('content:"abc"; endswith; depth:5;', b"...abc", False),
        # distance and within
        (A + B + "distance:0;", b"aaabbb", True),
        (A + B + "distance:0;", b"bbbaaa", False),
        (A + B + "distance:2;", b"aaa..bbb", True),
        (A + B + "distance:2;", b"aaa.bbb", False),
        (A + B + "within:3;", b"aaabbb", True),
        (A + B + "within:3;", b"aaa.bbb", False),
        (A + B + "distance:1; within:3;", b"aaa.bbb", True),
        (A + B + "distance:1; within:3;", b"aaa..bbb", False),
        (A + B + "distance:1; within:3;", b"aaabbb", False),
        ('content:"abc"; content:"bcd"; distance:-2;', b"abcd", True),
        ('content:"abc"; content:"bcd"; distance:-1;', b"abcd", False),
        ('content:"abc"; content:"abc"; distance:-100;', b"abc", True),
        ('content:"abc"; content:"xyz"; distance:-100; within:89;', b"xyz.......abc", False),
        ('content:"abc"; content:"xyz"; distance:-13; within:3;', b"xyz.......abc", True),
        (A + 'content:!"bbb"; distance:0;', b"bbbaaa", True),
        (A + 'content:!"bbb"; distance:0;', b"aaabbb", False),
        (A + 'content:!"bbb"; within:4;', b"aaa..bbb", True),
        (A + 'content:!"bbb"; within:5;', b"aaa..bbb", False),
        # a later place of what comes before helps
        (A + B + "within:3;", b"aaa.aaabbb", True),
        (A + 'content:!"bbb"; distance:0;', b"aaabbbaaa", True),
        ('content:"a"; content:"b"; within:1; content:"c"; within:1;', b"ab.abc", True),
        ('content:"a"; content:"b"; distance:0; content:"c"; within:1;', b"ab.b.bc", True),
        ('content:"a"; isdataat:1,relative; content:"c"; within:1;', b"ab.ac", True),
        # isdataat, with its difference of one
        ("isdataat:7;", b"abcdefgh", True),
        ("isdataat:8;", b"abcdefgh", False),
        ("isdataat:!8;", b"abcdefgh", True),
        ('content:"c"; isdataat:5,relative;', b"abcdefgh", True),
        ('content:"c"; isdataat:6,relative;', b"abcdefgh", False),
        ('content:"c"; isdataat:!1,relative;', b"abcdc", True),
        ('content:"c"; isdataat:!1,relative;', b"abcd", False),
        # bsize
        ("bsize:0;", b"", True),
        ("bsize:3;", b"abc", True),
        ("bsize:=3;", b"abc", True),
        ("bsize:!3;", b"abc", False),
        ("bsize:!4;", b"abc", True),
        ("bsize:<3;", b"abc", False),
        ("bsize:<=3;", b"abc", True),
        ("bsize:>3;", b"abc", False),
        ("bsize:>=3;", b"abc", True),
        ("bsize:2<>4;", b"abc", True),
        ("bsize:3<>5;", b"abc", False),
        # pcre
        (r'pcre:"/^a\d+$/";', b"a12", True),
        (r'pcre:"/A/i";', b"a", True),
        (r'pcre:"/a.b/";', b"a\nb", False),
        (r'pcre:"/a.b/s";', b"a\nb", True),
        (r'pcre:"/^b/";', b"a\nb", False),
        (r'pcre:"/^b/m";', b"a\nb", True),
        (r'pcre:"/a b/x";', b"ab", True),
        (r'pcre:"/b/A";', b"ab", False),
        (r'pcre:!"/b/";', b"ab", False),
        (r'pcre:"/a\/b/";', b"a/b", True),
        (r'pcre:"/b\z/";', b"ab", True),
        (r'content:"a"; pcre:"/^b/R";', b".ab", True),
        (r'content:"a"; pcre:"/^b/R";', b"a.ab", True),
        (r'content:"a"; pcre:"/^c/R";', b"abc", False),
        (r'pcre:"/a+/"; content:"b"; within:1;', b"aa.aab", True),
        (r'pcre:"/aa/"; content:"b"; within:1;', b"aaab", True),
        # transforms
        ('dotprefix; content:".a.b"; endswith;', b"a.b", True),
        ('dotprefix; content:".a.b"; endswith;', b"xa.b", False),
        ('to_lowercase; content:"abc";', b"ABC", True),
        ('to_uppercase; content:"ABC";', b"abc", True),
        ('strip_whitespace; content:"abc"; bsize:3;', b" a\tb\r\nc ", True),
        ('compress_whitespace; content:"a b";', b"a \t b", True),
        ('url_decode; content:"a b/";', b"a+b%2F", True),
        ('to_md5; content:"|900150983cd24fb0d6963f7d28e17f72|"; bsize:16;', b"abc", True),
        ('to_sha1; bsize:20; content:"|a9993e36|"; startswith;', b"abc", True),
        ('to_sha256; bsize:32; content:"|ba7816bf|"; startswith;', b"abc", True),
        ('strip_whitespace; to_uppercase; content:"AB";', b"a b", True),
    ],
)
def test_options_fit(options: str, text: bytes, wanted: bool) -> None:
    assert holds(options, text) is wanted


def naive(contents: list[Content], text: bytes, last: int = 0) -> bool:
    """Return whether there is a choice of places that fits all contents."""
    if not contents:
        return True
    first, rest = contents[0], contents[1:]
    begin, end = last + (first.distance or 0), len(text)
    if first.within is not None:
        end = min(end, begin + first.within)
    if not first.relative:
        begin = first.offset or 0
        end = min(len(text), begin + first.depth) if first.depth is not None else len(text)
    ends = [
        place + len(first.text)
        for place in range(max(0, begin), end - len(first.text) + 1)
        if text[place : place + len(first.text)] == first.text
    ]
    return any(naive(rest, text, end) for end in ends)


TEXTS = st.text("ab", min_size=1, max_size=3).map(str.encode)
AT_A_PLACE = st.builds(Content, TEXTS, offset=st.none() | st.integers(0, 4), depth=st.none() | st.integers(3, 6))
RELATIVE = st.builds(Content, TEXTS, distance=st.integers(-4, 4), within=st.none() | st.integers(3, 6))


@given(st.lists(AT_A_PLACE | RELATIVE, min_size=1, max_size=4), st.text("abc", max_size=14).map(str.encode))
def test_contents_fit_where_a_naive_search_finds_them(contents: list[Content], text: bytes) -> None:
    assert fits(contents, Buffer(text)) == naive(contents, text)


@pytest.mark.parametrize(
    "parts",
    [
        [Content(b"a"), Content(b"a", within=5), Content(b"a", within=9), Content(b"b", within=2)],
        [Content(b"a")] + 30 * [Content(b"a", distance=0, within=50)] + [Content(b"b", within=1)],
        [Expression(re.compile(b"a")), Expression(re.compile(b"^a"), relative=True), Content(b"b", within=1)],
        150 * [Content(b"A", nocase=True)] + [Content(b"b")],
    ],
)
def test_a_search_ends_soon(parts: list[Part]) -> None:
    begin = time.process_time()
    assert not fits(parts, Buffer(b"a" * 2**17))
    assert time.process_time() - begin < 1


def test_a_rule_with_many_parts_fits() -> None:
    assert holds('content:"a"; within:1; ' * (MOST_PARTS - 1), b"a" * MOST_PARTS)


def test_a_search_has_a_bounded_number_of_tries() -> None:
    parts = [Content(b"a"), Content(b"b", within=1)]
    assert fits(parts, Buffer(b"a." * (TRIES - 2) + b"ab"))
    assert not fits(parts, Buffer(b"a." * (TRIES + 2) + b"ab"))
