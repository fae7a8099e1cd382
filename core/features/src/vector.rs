//! The features, in their order.

use crate::amounts::step;

macro_rules! features {
    ($($name:ident $text:literal,)*) => {
        /// A feature: its place in the vector.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Feature { $($name,)* }

        /// The names of the features, in their order; those of categories come first.
        pub const NAMES: [&str; COUNT] = [$($text,)*];

        /// Number of features.
        pub const COUNT: usize = [$($text,)*].len();
    };
}

features! {
    Method "method",
    Version "version",
    HeaderSet "header_set",
    HeaderOrder "header_order",
    UserAgent "user_agent",
    PathForm "path_form",
    FirstSegment "first_segment",
    Extension "extension",
    ParameterNames "parameter_names",
    ParameterForms "parameter_forms",
    BodyNames "body_names",
    ContentType "content_type",
    PathLength "path_length",
    PathDepth "path_depth",
    LongestSegment "longest_segment",
    QueryLength "query_length",
    Parameters "parameters",
    LongestValue "longest_value",
    LongestName "longest_name",
    Encoded "encoded",
    NeedlessEncoding "needless_encoding",
    EncodedControls "encoded_controls",
    MalformedEncoding "malformed_encoding",
    DoubleEncoding "double_encoding",
    PathSpecials "path_specials",
    PathMarkup "path_markup",
    PathCalls "path_calls",
    PathWords "path_words",
    PathTraversals "path_traversals",
    PathSystem "path_system",
    PathStrange "path_strange",
    PathUnspeakable "path_unspeakable",
    Quotes "quotes",
    Angles "angles",
    Parentheses "parentheses",
    Braces "braces",
    Separators "separators",
    Backslashes "backslashes",
    OtherSpecials "other_specials",
    Controls "controls",
    High "high",
    BrokenQuotes "broken_quotes",
    Comments "comments",
    Tags "tags",
    Calls "calls",
    Substitutions "substitutions",
    Commands "commands",
    Traversals "traversals",
    SystemPaths "system_paths",
    Schemes "schemes",
    Comparisons "comparisons",
    Words "words",
    DottedNames "dotted_names",
    Escapes "escapes",
    Changes "changes",
    SpecialKinds "special_kinds",
    Densest "densest",
    Unspeakable "unspeakable",
    Hidden "hidden",
    Binary "binary",
    NameSpecials "name_specials",
    FieldMarkup "field_markup",
    FieldCalls "field_calls",
    FieldSubstitutions "field_substitutions",
    FieldWords "field_words",
    FieldTraversals "field_traversals",
    FieldSchemes "field_schemes",
    FieldComparisons "field_comparisons",
    FieldStrange "field_strange",
    FieldHidden "field_hidden",
    FieldEncoded "field_encoded",
    Fields "fields",
    OddFields "odd_fields",
    RepeatedFields "repeated_fields",
    EmptyFields "empty_fields",
    LongestField "longest_field",
    Cookies "cookies",
    CookieLength "cookie_length",
    HostKind "host_kind",
    AgentKind "agent_kind",
    MethodKind "method_kind",
    TargetOddities "target_oddities",
    FramingOddities "framing_oddities",
    TypeOddities "type_oddities",
    Ranges "ranges",
    BodyLength "body_length",
    Declarations "declarations",
}

/// The features of a request, a byte each, in the order of `NAMES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vector([u8; COUNT]);

impl Default for Vector {
    fn default() -> Self {
        Self([0; COUNT])
    }
}

impl Vector {
    /// Return the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; COUNT] {
        &self.0
    }

    /// Return the bytes as lower-case hexadecimal digits, two for each feature.
    #[must_use]
    pub fn hex(&self) -> String {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// Set a feature to a byte.
    pub(crate) fn set(&mut self, feature: Feature, value: u8) {
        if let Some(place) = self.0.get_mut(feature as usize) {
            *place = value;
        }
    }

    /// Set a feature to the step of an amount.
    pub(crate) fn amount(&mut self, feature: Feature, amount: usize) {
        self.set(feature, step(amount));
    }
}
