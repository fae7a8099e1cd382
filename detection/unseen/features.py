"""What the core says of a request: `core/features` finds it, and this names it. Pure.

A feature is a byte. An amount is on a scale of logarithms: below 4 the amount itself, then four steps for a doubling.
A category is a hash into 256 bins, which says whether something is the same as before, and not what it is.
"""

from typing import Final, NamedTuple

AMOUNT: Final = "amount"
CATEGORY: Final = "category"


class Feature(NamedTuple):
    """Something that a request has more or less of, or in one way or another."""

    name: str
    """As in the core: `feature_names`."""
    title: str
    """Words for it in a sentence, such as `quotation marks in values`."""
    kind: str
    """AMOUNT or CATEGORY."""


_CATEGORIES: Final = (
    ("method", "method"),
    ("version", "HTTP version"),
    ("header_set", "set of header fields"),
    ("header_order", "order of header fields"),
    ("user_agent", "user agent"),
    ("path_form", "form of the path"),
    ("first_segment", "first segment of the path"),
    ("extension", "file extension"),
    ("parameter_names", "parameter names"),
    ("parameter_forms", "kinds of parameter values"),
    ("body_names", "names in the body"),
    ("content_type", "media type of the request"),
)
_AMOUNTS: Final = (
    ("path_length", "characters in the path"),
    ("path_depth", "segments in the path"),
    ("longest_segment", "characters in a path segment"),
    ("query_length", "characters in the query"),
    ("parameters", "parameters"),
    ("longest_value", "characters in a value"),
    ("longest_name", "characters in a name"),
    ("encoded", "percent-encoded characters"),
    ("needless_encoding", "percent-encoded letters and digits"),
    ("encoded_controls", "percent-encoded control characters"),
    ("malformed_encoding", "malformed percent-encodings"),
    ("double_encoding", "characters encoded twice"),
    ("path_specials", "special characters in the path"),
    ("path_markup", "quotation marks, brackets and separators in the path"),
    ("path_calls", "calls, tags and substitutions in the path"),
    ("path_words", "reserved words and commands in the path"),
    ("path_traversals", "steps to parent directories in the path"),
    ("path_system", "system directories, hidden files or programs in the path"),
    ("path_strange", "control or foreign characters in the path"),
    ("path_unspeakable", "consonants in a row in the path"),
    ("quotes", "quotation marks in values"),
    ("angles", "angle brackets in values"),
    ("parentheses", "parentheses in values"),
    ("braces", "braces and brackets in values"),
    ("separators", "separators such as ; | & $ in values"),
    ("backslashes", "backslashes in values"),
    ("other_specials", "signs such as = ! * # in values"),
    ("controls", "control characters in values"),
    ("high", "characters outside ASCII in values"),
    ("broken_quotes", "quotation marks before an operator, or without their counterpart"),
    ("comments", "comment marks in values"),
    ("tags", "markup tags in values"),
    ("calls", "calls of functions in values"),
    ("substitutions", "variables and substitutions in values"),
    ("commands", "commands and options of shells in values"),
    ("traversals", "steps to parent directories in values"),
    ("system_paths", "system directories, hidden files or programs in values"),
    ("schemes", "URL schemes in values"),
    ("comparisons", "comparisons in values"),
    ("words", "words of programming languages in values"),
    ("dotted_names", "names with several parts in values"),
    ("escapes", "escaped characters in values"),
    ("changes", "changes between kinds of characters in a value"),
    ("special_kinds", "different special characters in values"),
    ("densest", "special characters in one value"),
    ("unspeakable", "consonants in a row in a value"),
    ("hidden", "values that hide text in base64"),
    ("binary", "values that are no text"),
    ("name_specials", "special characters in names"),
    ("field_markup", "quotation marks and brackets in header fields"),
    ("field_calls", "calls and tags in header fields"),
    ("field_substitutions", "substitutions and braces in header fields"),
    ("field_words", "words of programming languages in header fields"),
    ("field_traversals", "paths of the system in header fields"),
    ("field_schemes", "URL schemes in header fields"),
    ("field_comparisons", "comparisons and broken quotation marks in header fields"),
    ("field_strange", "control or foreign characters in header fields"),
    ("field_hidden", "header fields that hide text in base64"),
    ("field_encoded", "percent-encoded characters in header fields"),
    ("fields", "header fields"),
    ("odd_fields", "malformed header fields"),
    ("repeated_fields", "repeated header fields"),
    ("empty_fields", "empty header fields"),
    ("longest_field", "characters in a header field"),
    ("cookies", "cookies"),
    ("cookie_length", "characters of cookies"),
    ("host_kind", "an odd Host field"),
    ("agent_kind", "an odd user agent"),
    ("method_kind", "an odd method"),
    ("target_oddities", "an odd request line"),
    ("framing_oddities", "an odd length of the body"),
    ("type_oddities", "an odd media type"),
    ("ranges", "ranges asked for"),
    ("body_length", "bytes of the body"),
    ("declarations", "declarations in the body"),
)
FEATURES: Final = (
    *(Feature(name, title, CATEGORY) for name, title in _CATEGORIES),
    *(Feature(name, title, AMOUNT) for name, title in _AMOUNTS),
)
"""In their order."""


def amount(step: int) -> int:
    """Return the least amount of a step of the scale."""
    if step < 4:
        return step
    doublings, quarter = divmod(step - 4, 4)
    return (4 + quarter) << doublings
