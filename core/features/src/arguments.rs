//! What a request asks for: the names and values of its query and its body.

use crate::bodies::{Kind, each_value, kind};
use crate::categories::{Hash, bin};
use crate::classes::class;
use crate::decoding::{Encoding, Text};
use crate::head::{Head, cut};
use crate::hidden::hidden_texts;
use crate::shapes::Shapes;
use crate::vector::{Feature, Vector};

/// Maximum names and values that are read.
const MOST: usize = 128;

/// What was read of the names and values.
#[derive(Default)]
struct Seen {
    shapes: Shapes,
    encoding: Encoding,
    names: Shapes,
    longest_name: usize,
    longest_value: usize,
    hidden: usize,
    /// Values that are no text.
    binary: usize,
    count: usize,
}

/// Describe the query and the body.
pub(crate) fn describe(head: &Head<'_>, body: &[u8], text: &mut Text, vector: &mut Vector) {
    let mut seen = Seen::default();
    let (path, query) = head.path_and_query();
    seen.encoding = text.decode(path, false).1;
    let query = form(query, text, &mut seen);
    vector.amount(Feature::Parameters, seen.count);
    vector.set(Feature::ParameterNames, query.names.bin());
    vector.set(Feature::ParameterForms, query.forms.bin());
    let kind = kind(head, body);
    let names = match kind {
        Kind::Form => form(body, text, &mut seen).names,
        Kind::Binary => Hash::default(),
        _ => values(kind, body, text, &mut seen, vector),
    };
    vector.set(Feature::BodyNames, names.bin());
    vector.amount(Feature::BodyLength, body.len());
    set_shapes(&seen.shapes, vector);
    set_rest(&seen, vector);
}

/// What the names of a form are, and what its values consist of.
#[derive(Default)]
struct Form {
    names: Hash,
    forms: Hash,
}

fn form(form: &[u8], text: &mut Text, seen: &mut Seen) -> Form {
    let mut found = Form::default();
    for part in form.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).take(MOST) {
        let (name, value) = cut(part, part.iter().position(|byte| *byte == b'='));
        let mut own = Hash::default();
        own.add_text(name);
        found.names.blend(own);
        own.add(class(value));
        found.forms.blend(own);
        seen.name(name, text);
        seen.value(value, text, true);
    }
    found
}

/// Read the values of a body that is no form; return the hash of its names.
fn values(kind: Kind, body: &[u8], text: &mut Text, seen: &mut Seen, vector: &mut Vector) -> Hash {
    let (mut names, mut declarations, mut left) = (Hash::default(), 0, MOST);
    each_value(kind, body, |part| {
        left = left.saturating_sub(1);
        if left == 0 {
            return;
        }
        if part.declaration {
            declarations += 1;
        } else if part.name {
            let mut own = Hash::default();
            own.add(bin(part.text));
            names.blend(own);
            seen.name(part.text, text);
        } else {
            seen.value(part.text, text, false);
        }
    });
    vector.amount(Feature::Declarations, declarations);
    names
}

impl Seen {
    fn name(&mut self, name: &[u8], text: &mut Text) {
        self.longest_name = self.longest_name.max(name.len());
        self.hidden += hidden_texts(name);
        let (decoded, encoding) = text.decode(name, true);
        self.encoding.add(encoding);
        self.names.read(decoded);
    }

    fn value(&mut self, value: &[u8], text: &mut Text, form: bool) {
        self.count += 1;
        self.longest_value = self.longest_value.max(value.len());
        self.hidden += hidden_texts(value);
        let (decoded, encoding) = text.decode(value, form);
        if self.shapes.read_value(decoded) {
            self.encoding.add(encoding);
        } else {
            self.binary += 1;
        }
    }
}

fn set_shapes(shapes: &Shapes, vector: &mut Vector) {
    let counts = [
        (Feature::Quotes, shapes.quotes),
        (Feature::Angles, shapes.angles),
        (Feature::Parentheses, shapes.parentheses),
        (Feature::Braces, shapes.braces),
        (Feature::Separators, shapes.separators),
        (Feature::Backslashes, shapes.backslashes),
        (Feature::OtherSpecials, shapes.others),
        (Feature::Controls, shapes.controls),
        (Feature::High, shapes.high),
        (Feature::BrokenQuotes, shapes.broken_quotes),
        (Feature::Comments, shapes.comments),
        (Feature::Tags, shapes.tags),
        (Feature::Calls, shapes.calls),
        (Feature::Substitutions, shapes.substitutions),
        (Feature::Commands, shapes.commands),
        (Feature::Traversals, shapes.traversals),
        (Feature::SystemPaths, shapes.system_paths),
        (Feature::Schemes, shapes.schemes),
        (Feature::Comparisons, shapes.comparisons),
        (Feature::Words, shapes.words),
        (Feature::DottedNames, shapes.names),
        (Feature::Escapes, shapes.escapes),
        (Feature::Changes, shapes.changes),
        (Feature::SpecialKinds, shapes.kinds.count_ones() as usize),
        (Feature::Densest, shapes.specials),
        (Feature::Unspeakable, shapes.unspeakable),
    ];
    for (feature, count) in counts {
        vector.amount(feature, count);
    }
}

fn set_rest(seen: &Seen, vector: &mut Vector) {
    let names = &seen.names;
    let odd = names.specials + names.words + names.traversals + names.system_paths + names.controls;
    let counts = [
        (Feature::LongestValue, seen.longest_value),
        (Feature::LongestName, seen.longest_name),
        (Feature::Encoded, seen.encoding.encoded),
        (Feature::NeedlessEncoding, seen.encoding.needless),
        (Feature::EncodedControls, seen.encoding.controls),
        (Feature::MalformedEncoding, seen.encoding.malformed),
        (Feature::DoubleEncoding, seen.encoding.doubled),
        (Feature::NameSpecials, odd + names.names),
        (Feature::Hidden, seen.hidden),
        (Feature::Binary, seen.binary),
    ];
    for (feature, count) in counts {
        vector.amount(feature, count);
    }
}
