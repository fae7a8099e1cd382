//! One stream: a request and its response (RFC 9113 section 8.1), and the exchange that they become.

use super::fields::{Fields, Name, UNKNOWN};
use super::inside::Inside;
use crate::content::{self, Kept, released};
use crate::context::Context;
use crate::grpc::{self, Form, Messages};
use crate::http::{Side, media_type};
use crate::records::{Asked, Content, Details, Ending, Ends, Exchange, Field};
use crate::strain::{LONG, RATE};
use crate::text::printable;

/// Memory of a stream in bytes, besides its longest strings.
const COST: usize = 1000;

/// How much of a message was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Half {
    pub(crate) bytes: u64,
    pub(crate) missing: u64,
    /// Whether its end is known.
    pub(crate) ended: bool,
    /// When its last byte came; None if the capture lost it.
    pub(crate) ended_at: Option<f64>,
    /// Whether frames of it may have been lost.
    pub(crate) doubtful: bool,
}

impl Half {
    pub(crate) fn end(&mut self, time: Option<f64>) {
        (self.ended, self.ended_at) = (true, time);
    }
}

/// A call of gRPC.
#[derive(Debug)]
struct Call {
    form: Form,
    operation: String,
    request: Messages,
    response: Messages,
    status: Option<u32>,
    /// When the first message of the response had come.
    first_message: Option<f64>,
    /// When the trailers began.
    trailers: Option<f64>,
}

impl Call {
    fn new(form: Form, operation: String) -> Self {
        let (request, response) = (Messages::new(form), Messages::new(form));
        Self { form, operation, request, response, status: None, first_message: None, trailers: None }
    }

    fn messages(&mut self, side: Side) -> &mut Messages {
        match side {
            Side::Requests => &mut self.request,
            Side::Responses => &mut self.response,
        }
    }

    /// Return when it was answered: with the first of several messages, otherwise with the trailers.
    fn answered(&self) -> Option<f64> {
        if self.response.count > 1 { self.first_message } else { self.trailers }
    }
}

/// A stream whose exchange is not complete.
#[derive(Debug)]
pub(super) struct Stream {
    /// None if the request was not seen.
    pub(super) asked: Option<Asked>,
    /// The request's oddities, and those of the response.
    oddities: Vec<&'static str>,
    pub(super) request: Half,
    pub(super) response: Half,
    status: Option<u16>,
    /// When the final response began.
    answered: Option<f64>,
    content_type: String,
    headers: String,
    call: Option<Box<Call>>,
    /// What else its bodies say.
    inside: Option<Box<Inside>>,
    /// What is kept of the request and of the response, if somebody inspects them.
    kept: [Option<Box<Kept>>; 2],
    /// Whether the request asks for a tunnel or a WebSocket, if somebody inspects it.
    tunnel: bool,
    /// The protocol of the exchange, unless it is a call.
    protocol: &'static str,
    /// When a frame of it came last.
    pub(super) last: f64,
    /// When the client reset it.
    pub(super) cancelled: Option<f64>,
    /// Bytes that the client lets the server send besides its first window, less those that were sent.
    pub(super) credit: i64,
}

impl Stream {
    /// Create the stream of a request; None if it was not seen.
    pub(super) fn new(asked: Option<Asked>, time: f64) -> Self {
        Self {
            asked,
            oddities: Vec::new(),
            request: Half::default(),
            response: Half::default(),
            status: None,
            answered: None,
            content_type: String::new(),
            headers: String::new(),
            call: None,
            inside: None,
            kept: [None, None],
            tunnel: false,
            protocol: "h2",
            last: time,
            cancelled: None,
            credit: 0,
        }
    }

    /// Create the stream of an HTTP/1 request that asked for HTTP/2.
    pub(super) fn upgraded(asked: Asked, request: Half, oddities: Vec<&'static str>, kept: Option<Box<Kept>>) -> Self {
        let last = asked.time;
        Self { request, oddities, kept: [kept, None], ..Self::new(Some(asked), last) }
    }

    /// Return its approximate memory in bytes.
    pub(super) fn cost(&self) -> usize {
        COST + self.asked.as_ref().map_or(0, |asked| asked.characters)
    }

    pub(super) fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Requests => &mut self.request,
            Side::Responses => &mut self.response,
        }
    }

    /// Add an oddity to the exchange.
    pub(super) fn note(&mut self, oddity: &'static str) {
        if !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }

    /// Return whether both messages ended, as far as the capture can tell.
    pub(super) fn is_complete(&self) -> bool {
        let sent = self.request.ended || self.request.doubtful || self.asked.is_none() || self.cancelled.is_some();
        self.response.ended && sent
    }

    /// Return when the request began, if its body takes long and is not answered. A call may last as long as it likes.
    pub(super) fn slow_since(&self, now: f64) -> Option<f64> {
        let since = self.asked.as_ref()?.time;
        let open = !self.request.ended && !self.request.doubtful && self.cancelled.is_none() && !self.is_answered();
        let slow = now - since >= LONG && (self.request.bytes as f64) < RATE * (now - since);
        (open && slow && self.call.is_none()).then_some(since)
    }

    /// Return whether a response is under way.
    pub(super) fn responds(&self) -> bool {
        self.is_answered() && !self.response.ended && !self.response.doubtful && self.cancelled.is_none()
    }

    /// Return whether the head of the final response was seen.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.is_some()
    }

    // messages --------------------------------------------------------------------------------------------------------

    /// Learn from the head of the request what the bodies are.
    pub(super) fn requested(&mut self, cx: &Context<'_>, fields: &Fields) {
        if fields.known(Name::Protocol) == Some(b"websocket") {
            self.protocol = "websocket";
        }
        if let Some(form) = fields.known(Name::ContentType).and_then(Form::of) {
            let path = fields.text(Name::Path);
            let operation = if path == UNKNOWN { path } else { grpc::operation(path) };
            self.call = Some(Box::new(Call::new(form, printable(operation, cx.limits.string_length))));
        } else if self.protocol != "websocket" {
            self.inside = Inside::of_request(cx, fields);
        }
    }

    /// Handle the head of the final response, or one that may be.
    pub(super) fn responded(&mut self, cx: &mut Context<'_>, fields: &Fields, time: f64) {
        self.status = fields.status();
        self.answered = Some(time);
        self.content_type = media_type(fields.text(Name::ContentType), cx.limits.string_length);
        self.headers = fields.named_text(&cx.limits.named_fields, cx.limits.string_length);
        let Some(form) = fields.known(Name::ContentType).and_then(Form::of) else {
            return self.answered_inside(cx, fields);
        };
        match &mut self.call {
            Some(call) => call.response = Messages::new(form),
            None => self.call = Some(Box::new(self.unknown_call(form))),
        }
    }

    /// Learn from the head of the response what its body is, if it is no call.
    fn answered_inside(&mut self, cx: &mut Context<'_>, fields: &Fields) {
        if self.protocol == "websocket" {
            if self.status.is_some_and(|status| (200..300).contains(&status)) && self.inside.is_none() {
                self.inside = Inside::of_websocket(cx, fields);
            }
        } else if let Some(events) = Inside::of_events(cx, fields) {
            match self.inside.as_deref_mut() {
                Some(Inside::Bodies(_, place)) => *place = Some(events),
                _ => self.inside = Some(Box::new(Inside::Bodies(None, Some(events)))),
            }
        }
    }

    /// Return a call that only the response tells.
    fn unknown_call(&self, form: Form) -> Call {
        let path = self.asked.as_ref().map_or("", |asked| asked.text(Field::Target));
        let operation = String::from_utf8_lossy(grpc::operation(path.as_bytes())).into_owned();
        let mut call = Call::new(form, operation);
        call.request.gap(0); // what came of it was not counted
        call
    }

    /// Handle the trailers of the response, or its head if that is all there is of it.
    pub(super) fn trailed(&mut self, fields: &Fields, time: f64) {
        if let Some(call) = &mut self.call {
            call.trailers = Some(time);
            call.status = fields.known(Name::GrpcStatus).and_then(grpc::status);
        }
    }

    /// Handle content of a message.
    pub(super) fn content(&mut self, cx: &mut Context<'_>, side: Side, bytes: &[u8], time: f64) {
        let half = self.half(side);
        half.bytes += bytes.len() as u64;
        if let Some(inside) = &mut self.inside {
            inside.data(cx, side, bytes, time);
        }
        if let Some(kept) = self.kept_of(side) {
            kept.data(cx, bytes);
        }
        if let Some(call) = &mut self.call {
            let ended = call.messages(side).feed(bytes);
            if ended > 0 && side == Side::Responses {
                call.first_message.get_or_insert(time);
            }
        }
    }

    /// Skip content that the capture lost.
    pub(super) fn gap(&mut self, cx: &mut Context<'_>, side: Side, size: usize) {
        let half = self.half(side);
        half.bytes += size as u64;
        half.missing += size as u64;
        self.close_kept(side);
        if let Some(inside) = self.inside.as_mut().filter(|_| size > 0) {
            inside.gap(cx, side, size as u64);
        }
        if let Some(call) = &mut self.call {
            call.messages(side).gap(size as u64);
        }
    }

    /// Note that frames of a message may have been lost; they are if `lost`.
    pub(super) fn doubt(&mut self, cx: &mut Context<'_>, side: Side, lost: bool) {
        let half = self.half(side);
        half.doubtful |= !half.ended;
        if lost {
            self.close_kept(side);
        }
        if lost && let Some(call) = &mut self.call {
            call.messages(side).gap(0);
        }
        if lost && let Some(inside) = &mut self.inside {
            inside.gap(cx, side, 0);
        }
    }

    /// Return the bytes of the budget that its readers use, and what is kept of it.
    pub(super) fn held(&self) -> usize {
        let kept = self.kept.iter().map(|kept| content::held(kept.as_deref()));
        kept.sum::<usize>() + self.inside.as_ref().map_or(0, |inside| inside.held())
    }

    /// Return whether its end may have been lost.
    pub(super) fn is_doubtful(&self) -> bool {
        self.request.doubtful || self.response.doubtful
    }

    /// Return how it ended if the connection ended like this.
    pub(super) fn ending(&self, connection: Ending) -> Ending {
        match connection {
            _ if self.cancelled.is_some() => Ending::Reset,
            _ if self.response.ended => Ending::Complete,
            _ if self.is_doubtful() => Ending::Gap,
            ending => ending,
        }
    }

    // what is kept ----------------------------------------------------------------------------------------------------

    /// Keep the head of the request, and its content from now on.
    #[cold]
    pub(super) fn keep_request(&mut self, cx: &mut Context<'_>, fields: &Fields) {
        self.tunnel = fields.is_tunnel();
        self.keep(cx, Side::Requests, &fields.request_head());
        if let Some(kept) = self.kept_of(Side::Requests).filter(|_| fields.doubtful) {
            kept.cut_head();
        }
    }

    /// Keep the head of the response, and its content from now on.
    #[cold]
    pub(super) fn keep_response(&mut self, cx: &mut Context<'_>, fields: &Fields) {
        self.keep(cx, Side::Responses, &fields.response_head());
    }

    fn keep(&mut self, cx: &mut Context<'_>, side: Side, head: &[u8]) {
        let [request, response] = &mut self.kept;
        let place = if side == Side::Requests { request } else { response };
        released(cx, place.take());
        *place = Kept::new(cx, head);
        if !self.carries_bodies() {
            self.close_kept(side);
        }
    }

    /// Return whether its content is that of messages: a tunnel has none once the server agrees.
    fn carries_bodies(&self) -> bool {
        !self.tunnel || self.status.is_some_and(|status| !(200..300).contains(&status))
    }

    fn kept_of(&mut self, side: Side) -> Option<&mut Kept> {
        let [request, response] = &mut self.kept;
        if side == Side::Requests { request.as_deref_mut() } else { response.as_deref_mut() }
    }

    fn close_kept(&mut self, side: Side) {
        if let Some(kept) = self.kept_of(side) {
            kept.close();
        }
    }

    /// Release what is kept of a stream that is not emitted.
    pub(super) fn discard(self, cx: &mut Context<'_>) {
        for kept in self.kept {
            released(cx, kept);
        }
    }

    // the exchange ----------------------------------------------------------------------------------------------------

    /// Emit the exchange, which was given up at `time` if it is not complete.
    pub(super) fn emit(self, cx: &mut Context<'_>, ends: &mut Ends, ending: Ending, time: f64) {
        let health = &mut cx.ledger.health;
        health.exchanges += 1;
        let unanswered = self.answered.is_none() && !self.response.ended;
        health.unanswered_requests += u64::from(unanswered && self.asked.is_some());
        health.unpaired_responses += u64::from(self.asked.is_none());
        let started = self.asked.as_ref().map(|asked| asked.time);
        let complete = ending == Ending::Complete;
        let end = if complete { self.response.ended_at.or(self.answered).unwrap_or(time) } else { time };
        let end = self.request.ended_at.map_or(end, |request| end.max(request));
        let (details, bodies) = (self.details(started), self.carries_bodies());
        let answered = match (&self.call, self.protocol) {
            (_, "websocket") => None,
            (Some(call), _) => call.answered(),
            (None, _) => self.answered,
        };
        let mut exchange = Exchange {
            time: end,
            status: self.status,
            request_bytes: self.request.bytes,
            response_bytes: self.response.bytes,
            response_time: span(started, answered),
            total_time: if complete { span(started, self.response.ended_at) } else { None },
            content_type: self.content_type,
            headers: self.headers,
            missing_bytes: self.request.missing + self.response.missing,
            ending,
            answered: self.answered,
            oddities: self.oddities,
            response_oddities: 0,
            details: Some(details),
        };
        let content = Content::of(cx, self.kept, &exchange, started);
        let content = content.map(|content| if bodies { content } else { content.of_heads() });
        if let Some(inside) = self.inside {
            inside.describe(cx, &mut exchange, started);
        }
        let mut asked = self.asked;
        cx.out.exchange(&mut cx.ledger.health, ends, asked.as_mut(), exchange, content);
    }

    fn details(&self, started: Option<f64>) -> Box<Details> {
        let Some(call) = &self.call else {
            return Box::new(Details { protocol: self.protocol, ..Details::default() });
        };
        Box::new(Details {
            protocol: call.form.protocol(),
            operation: call.operation.clone(),
            grpc_status: call.status.or(call.response.status),
            request_messages: call.request.count,
            response_messages: call.response.count,
            first_message_time: span(started, call.first_message),
            ..Details::default()
        })
    }
}

/// Return the seconds between two times; None if one is unknown or they are in the wrong order.
fn span(start: Option<f64>, end: Option<f64>) -> Option<f64> {
    start.zip(end).filter(|(start, end)| end >= start).map(|(start, end)| end - start)
}
