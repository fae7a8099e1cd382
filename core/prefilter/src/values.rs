//! The values of an exchange that rules look at, or more: each value that the engine would see is among them.

use std::borrow::Cow;

use memchr::memmem;

use crate::condition::Part;
use crate::escapes::percent_decoded;
use crate::head::{Head, split_once};
use crate::json;
use crate::prefilter::{Exchange, Limits};

/// A value of a part of an exchange.
pub(crate) struct Value<'a> {
    pub(crate) part: Part,
    pub(crate) name: Cow<'a, [u8]>,
    pub(crate) text: Cow<'a, [u8]>,
}

/// Values in the order of the exchange.
pub(crate) struct Values<'a> {
    pub(crate) all: Vec<Value<'a>>,
    most_arguments: usize,
    arguments: usize,
}

impl<'a> Values<'a> {
    /// The values of an exchange; None if it is unusual.
    pub(crate) fn of(exchange: &Exchange<'a>, limits: &Limits) -> Option<Self> {
        let mut values = Self { all: Vec::with_capacity(96), most_arguments: limits.arguments, arguments: 0 };
        values.request(exchange)?;
        if !exchange.response_head.is_empty() {
            values.response(exchange)?;
        }
        Some(values)
    }

    fn add(&mut self, part: Part, name: impl Into<Cow<'a, [u8]>>, text: impl Into<Cow<'a, [u8]>>) {
        self.all.push(Value { part, name: name.into(), text: text.into() });
    }

    /// Add a value without a name.
    fn put(&mut self, part: Part, text: impl Into<Cow<'a, [u8]>>) {
        self.add(part, &b""[..], text);
    }

    fn request(&mut self, exchange: &Exchange<'a>) -> Option<()> {
        let head = Head::parse(exchange.request_head)?;
        let line = exchange.request_head.split(|byte| *byte == b'\r').next()?;
        self.put(Part::Method, head.first);
        self.put(Part::Line, line);
        self.put(Part::Protocol, head.third);
        match head.third {
            b"HTTP/1.0" | b"HTTP/1.1" => {}
            b"HTTP/2" => {
                // The engine may be told one or the other.
                self.put(Part::Line, [line, b".0"].concat());
                self.put(Part::Protocol, &b"HTTP/2.0"[..]);
            }
            _ => return None,
        }
        self.target(head.second)?;
        for (name, text) in &head.fields {
            self.add(Part::Header, *name, *text);
            self.add(Part::HeaderName, *name, *name);
        }
        for cookies in head.values(b"cookie") {
            self.cookies(cookies)?;
        }
        self.body(&head, exchange.request_body)
    }

    /// The target, in origin form (RFC 9112 section 3.2.1).
    fn target(&mut self, target: &'a [u8]) -> Option<()> {
        (target.starts_with(b"/") && !target.contains(&b'#')).then_some(())?;
        let (path, query) = split_once(target, b'?').map_or((target, None), |(path, query)| (path, Some(query)));
        self.put(Part::UriRaw, target);
        self.twice(Part::Uri, target)?;
        self.twice(Part::Filename, path)?;
        let plain = percent_decoded(path, false)?;
        let is_usual = |byte: &u8| !byte.is_ascii_control() && !matches!(byte, b'?' | b'#' | b'\\');
        plain.iter().all(is_usual).then_some(())?;
        let last = plain.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
        self.put(Part::Basename, last);
        if let Some(query) = query {
            self.put(Part::Query, query);
            self.form(query, Part::QueryArgument, Part::QueryArgumentName)?;
        }
        Some(())
    }

    /// As sent and, if that differs, decoded.
    fn twice(&mut self, part: Part, text: &'a [u8]) -> Option<()> {
        self.put(part, text);
        if text.contains(&b'%') {
            self.put(part, percent_decoded(text, false)?);
        }
        Some(())
    }

    /// Arguments of a query or a form.
    fn form(&mut self, form: &'a [u8], part: Part, part_of_names: Part) -> Option<()> {
        for pair in form.split(|byte| *byte == b'&') {
            let (name, text) = split_once(pair, b'=').unwrap_or((pair, b""));
            self.argument(part, part_of_names, decoded(name)?, decoded(text)?)?;
        }
        Some(())
    }

    fn argument(&mut self, part: Part, names: Part, name: Cow<'a, [u8]>, text: Cow<'a, [u8]>) -> Option<()> {
        self.arguments += 1;
        (self.arguments <= self.most_arguments).then_some(())?;
        self.add(names, name.clone(), name.clone());
        self.add(part, name, text);
        Some(())
    }

    fn cookies(&mut self, cookies: &'a [u8]) -> Option<()> {
        for cookie in cookies.split(|byte| *byte == b';') {
            let (name, text) = split_once(cookie, b'=').unwrap_or((cookie, b""));
            let name = name.trim_ascii_start();
            (!name.is_empty() || cookie.is_empty()).then_some(())?;
            self.add(Part::CookieName, name, name);
            self.add(Part::Cookie, name, text);
        }
        Some(())
    }

    fn body(&mut self, head: &Head<'a>, body: &'a [u8]) -> Option<()> {
        self.put(Part::BodyLength, body.len().to_string().into_bytes());
        self.put(Part::BodyError, &b"0"[..]);
        self.put(Part::BodyError, &b""[..]);
        let mut types = head.values(b"content-type");
        let kind = types.next().unwrap_or_default();
        self.put(Part::ContentType, kind);
        let kind = kind.to_ascii_lowercase();
        let says = |text: &[u8]| memmem::find(&kind, text).is_some();
        let (is_json, is_form) = (says(b"json"), says(b"urlencoded"));
        // Even without a body, the engine may parse it as what the type says.
        if types.next().is_some() || says(b"multipart") || says(b"xml") || is_json && is_form {
            return None;
        }
        if body.is_empty() {
            return Some(());
        }
        self.put(Part::Body, body);
        if is_form {
            self.form(body, Part::BodyArgument, Part::BodyArgumentName)?;
        }
        if is_json {
            for (name, text) in json::leaves(body, self.most_arguments)? {
                let (name, text) = (Cow::Owned(name.into_bytes()), Cow::Owned(text.into_bytes()));
                self.argument(Part::BodyArgument, Part::BodyArgumentName, name, text)?;
            }
        }
        Some(())
    }

    fn response(&mut self, exchange: &Exchange<'a>) -> Option<()> {
        let head = Head::parse(exchange.response_head)?;
        (head.second.len() == 3 && head.second.iter().all(u8::is_ascii_digit)).then_some(())?;
        self.put(Part::Status, head.second);
        for (name, text) in &head.fields {
            self.add(Part::ResponseHeader, *name, *text);
            self.add(Part::ResponseHeaderName, *name, *name);
        }
        self.put(Part::ResponseBody, exchange.response_body);
        Some(())
    }
}

fn decoded(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return percent_decoded(text, true).map(Cow::Owned);
    }
    Some(Cow::Borrowed(text))
}
