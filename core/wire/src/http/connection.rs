//! HTTP/1 as the protocol of a connection: hands what TCP reports to the readers and the pairing.

use super::framing::Http;
use super::reader::{Side, State};
use crate::context::Context;
use crate::records::{Ending, StrainKind};
use crate::speech::{Sides, Switch};
use crate::strain::Awaited;
use crate::tcp::Position;

impl Http {
    /// Update what pairing needs of TCP.
    fn attend(&mut self, sides: Sides<'_>) {
        self.pairing.given_up = sides.requests.given_up();
        self.pairing.server_next = sides.responses.next;
    }

    /// Read the next bytes of a side.
    pub(crate) fn arrived(
        &mut self,
        cx: &mut Context<'_>,
        sides: Sides<'_>,
        side: Side,
        data: &[u8],
        place: Position,
    ) -> Option<Box<Switch>> {
        self.attend(sides);
        if self.tunnel.is_some() && self.enters_tunnel(cx, side, data) {
            return self.switch(0);
        }
        let taken = self.data(cx, side, data, place);
        self.switch(taken)
    }

    /// Return the change of the protocol after `taken` bytes, if there is one.
    #[inline]
    fn switch(&mut self, taken: usize) -> Option<Box<Switch>> {
        let next = self.next.take()?;
        Some(Box::new(Switch { taken, next: *next }))
    }

    /// Skip `size` missing bytes of a side; 0 if their number is unknown.
    pub(crate) fn missed(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side, size: u64) {
        self.attend(sides);
        if size > 0 {
            self.gap(cx, side, size);
        } else {
            self.jump(cx, side);
        }
        if self.reader(side).state == State::Lost {
            self.doubted(cx, sides, side);
        }
    }

    /// Note acknowledged bytes of a side that have not arrived.
    pub(crate) fn doubted(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side) {
        self.attend(sides);
        self.give_up_head(cx, side, sides.of(side).given_up() as u64);
        match side {
            Side::Requests => self.pairing.requests_lost(),
            Side::Responses => self.pairing.responses_lost(),
        }
    }

    /// Handle the FIN of a side.
    pub(crate) fn ended_by(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side, time: f64, ack: Option<u32>) {
        self.attend(sides);
        self.end(cx, side, time);
        match side {
            Side::Requests if !sides.responses.ended => self.pairing.confirm(ack),
            Side::Responses if self.responses.state == State::Close => self.close_body(cx, time),
            _ => {}
        }
    }

    /// Emit everything that waits at the end of the connection, and release the buffers.
    pub(crate) fn closed(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, ending: Ending, time: f64) {
        self.attend(sides);
        if !matches!(ending, Ending::Reset | Ending::Evicted) {
            self.cut_heads(cx, sides);
        }
        self.close(cx, ending, time);
        self.close_reader(cx, Side::Requests);
        self.close_reader(cx, Side::Responses);
        self.requests.discard_kept(cx);
        self.responses.discard_kept(cx);
    }

    /// Return what the client has begun and not ended: a head, or the body of a request that is not answered.
    pub(crate) fn awaited(&self) -> Option<Awaited> {
        let reader = &self.requests;
        let since = reader.place.time;
        match reader.state {
            State::Head if !reader.held.is_empty() => {
                Some(Awaited::one(StrainKind::SlowHead, since, reader.held.len() as u64))
            }
            State::Length | State::ChunkSize | State::ChunkEnd | State::Trailer
                if !self.pairing.answers() && !reader.awaits_permission() =>
            {
                Some(Awaited::one(StrainKind::SlowBody, since, reader.body_bytes))
            }
            _ => None,
        }
    }

    /// Report heads whose end was not captured. After a FIN, there is no end: the sender gave up.
    fn cut_heads(&mut self, cx: &mut Context<'_>, sides: Sides<'_>) {
        for side in [Side::Requests, Side::Responses] {
            if !sides.of(side).ended {
                self.cut_head(cx, side);
            }
        }
    }
}
