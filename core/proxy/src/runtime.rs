//! Runs what HTTP/2 does besides on the thread of its connection.

use std::future::Future;

use hyper::rt::Executor;
use tokio::task::spawn_local;

/// Runs futures on this thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local;

impl<F> Executor<F> for Local
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}
