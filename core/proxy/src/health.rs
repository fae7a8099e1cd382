//! Checks the upstreams from time to time, so that one that is down gets no requests, and gets them again later.

use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::pool::connected;
use crate::proxy_header;
use crate::serve::Thread;
use crate::server::Settings;
use crate::upstream::Upstream;

/// The start of a status line.
const STATUS: usize = 12;

/// Check all upstreams as long as the thread runs.
pub(crate) async fn check(thread: Rc<Thread>) {
    let settings = &thread.shared.settings;
    if settings.check_pause.is_zero() {
        return;
    }
    loop {
        for upstream in &thread.shared.upstreams.all {
            match timeout(settings.timeouts.connect, is_well(upstream, settings)).await {
                Ok(true) => upstream.well(),
                _ => upstream.failed(),
            }
        }
        sleep(settings.check_pause.max(Duration::from_millis(100))).await;
    }
}

/// Whether an upstream takes a connection and, if it speaks HTTP/1, does not answer with an error of its own.
async fn is_well(upstream: &Upstream, settings: &Settings) -> bool {
    let (path, header) = (&settings.check_path, settings.tells_ends.then(proxy_header::local));
    let Ok(mut stream) = connected(upstream, header).await else {
        return false;
    };
    if path.is_empty() || upstream.http2 {
        return true;
    }
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: http-monitor\r\nConnection: close\r\n\r\n",
        upstream.name
    );
    let mut status = [0; STATUS];
    if stream.write_all(request.as_bytes()).await.is_err() || stream.read_exact(&mut status).await.is_err() {
        return false;
    }
    let code = status.get(9..).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u16>().ok());
    status.starts_with(b"HTTP/1.") && code.is_some_and(|code| code < 500)
}
