//! What losses do to a connection: how reading goes on, and what is unknown from then on.

use super::chain::{self, Found};
use super::connection::{Http2, other};
use super::frames::Missing;
use crate::context::Context;
use crate::http::Side;

impl Http2 {
    /// Skip `size` missing bytes of a side; 0 if their number is unknown.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>, side: Side, size: usize) {
        self.refusable = false;
        let lane = self.lane(side);
        let frame = lane.reader.frame;
        let missing = if size > 0 { lane.reader.gap(cx, size) } else { lane.reader.jump(cx) };
        match missing {
            Missing::Nothing => {}
            Missing::Content(content, ends) => {
                if let Some(stream) = self.streams.get(frame.stream, None) {
                    stream.gap(cx, side, content);
                }
                if ends {
                    self.end_of_data(cx, side, &frame, None);
                }
            }
            Missing::Payload(ends) => {
                if ends {
                    self.frame(cx, side, None, None);
                }
            }
            Missing::Frames(content) => {
                if let Some(stream) = self.streams.get(frame.stream, None).filter(|_| content > 0) {
                    stream.gap(cx, side, content);
                }
                self.frames_lost(cx, side);
            }
        }
    }

    /// Look for frames where the reader is lost; return how many bytes to skip, or None if there are none in the segment.
    pub(super) fn search(&mut self, side: Side, rest: &[u8], starts: bool) -> Option<usize> {
        let Self { requests, responses, streams, .. } = self;
        let reader = match side {
            Side::Requests => &mut requests.reader,
            Side::Responses => &mut responses.reader,
        };
        let expected = reader.expects_head();
        let here =
            if starts || expected { chain::frames(rest, expected, |frame| streams.fits(frame.stream)) } else { None };
        let found = match here {
            Some(Found::Frames) => Some((0, Found::Frames)),
            Some(likely) => Some((rest.len(), likely)),
            None => chain::content(rest, |frame| streams.is_open(frame.stream)),
        };
        let Some((skipped, found)) = found else {
            reader.not_found();
            return None;
        };
        reader.resume(found);
        Some(skipped)
    }

    /// Note bytes that are no frame.
    pub(super) fn broken(&mut self, cx: &mut Context<'_>, side: Side) {
        cx.odd("not an HTTP/2 frame");
        self.lane(side).reader.lose(cx);
        self.frames_lost(cx, side);
    }

    /// Note that frames of a side were lost: header blocks, ends of streams, and SETTINGS with what they allow.
    fn frames_lost(&mut self, cx: &mut Context<'_>, side: Side) {
        self.lane(side).lose_block(cx);
        self.lane(other(side)).allow_all();
        self.streams.doubt(cx, side, true);
        self.windows.lose();
    }
}
