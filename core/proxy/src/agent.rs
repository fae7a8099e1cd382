//! Asks an agent for verdicts over a local stream, many at a time, each with a deadline.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::spawn_local;

use crate::spop::{Answer, Value, answer, hello, notify};

/// The largest frame that we offer.
const LONGEST: usize = 1 << 20;
/// Bytes of a frame besides its headers and body.
const SPARE: usize = 512;
/// Questions that may wait for their answer.
const MOST_WAITING: usize = 4096;
/// The pause after a failed connection.
const PAUSE: Duration = Duration::from_secs(1);
const MESSAGE: &str = "check-request";

/// Variables that the agent set.
pub(crate) type Variables = Vec<(Vec<u8>, Value)>;

/// One thread's way to the agent.
#[derive(Debug)]
pub(crate) struct Agent {
    path: PathBuf,
    line: RefCell<Option<Rc<Line>>>,
    failed: Cell<Option<Instant>>,
    /// Who connects.
    turn: Mutex<()>,
}

/// An open connection.
#[derive(Debug)]
struct Line {
    out: mpsc::Sender<Vec<u8>>,
    waiting: RefCell<HashMap<u64, oneshot::Sender<Variables>>>,
    next: Cell<u64>,
    longest: Cell<usize>,
    closed: Cell<bool>,
}

impl Agent {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), line: RefCell::default(), failed: Cell::default(), turn: Mutex::default() }
    }

    /// Connect, so that the first question need not.
    pub(crate) async fn begin(&self) {
        drop(self.open().await);
    }

    /// Most bytes of a body that a question with a number of other bytes has room for.
    pub(crate) fn room(&self, others: usize) -> usize {
        let longest = self.line.borrow().as_ref().map_or(LONGEST, |line| line.longest.get());
        longest.saturating_sub(others + SPARE)
    }

    /// Ask a question; None if no answer came in time, or if there is no agent.
    pub(crate) async fn ask(&self, values: &[(&str, Value)], deadline: Duration) -> Option<Variables> {
        tokio::time::timeout(deadline, self.answered(values)).await.ok().flatten()
    }

    async fn answered(&self, values: &[(&str, Value)]) -> Option<Variables> {
        let line = self.open().await?;
        let number = line.next.get();
        line.next.set(number + 1);
        let frame = notify(number, MESSAGE, values);
        if frame.len() > line.longest.get() || line.waiting.borrow().len() >= MOST_WAITING {
            return None;
        }
        let (told, answer) = oneshot::channel();
        line.waiting.borrow_mut().insert(number, told);
        let waiting = Waiting { line: &line, number };
        let sent = line.out.try_send(frame).is_ok();
        let answer = if sent { answer.await.ok() } else { None };
        drop(waiting);
        answer
    }

    /// Return the open connection, or open one; who asks meanwhile waits for it.
    async fn open(&self) -> Option<Rc<Line>> {
        if let Some(line) = self.current() {
            return Some(line);
        }
        let _turn = self.turn.lock().await;
        if let Some(line) = self.current() {
            return Some(line);
        }
        if self.failed.get().is_some_and(|since| since.elapsed() < PAUSE) {
            return None;
        }
        let line = connected(&self.path).await;
        self.failed.set(line.is_none().then(Instant::now));
        self.line.replace(line.clone());
        line
    }

    fn current(&self) -> Option<Rc<Line>> {
        self.line.borrow().as_ref().filter(|line| !line.closed.get()).cloned()
    }
}

/// A question that waits: it is forgotten when its asker goes on.
struct Waiting<'a> {
    line: &'a Line,
    number: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.line.waiting.borrow_mut().remove(&self.number);
    }
}

async fn connected(path: &Path) -> Option<Rc<Line>> {
    let mut stream = UnixStream::connect(path).await.ok()?;
    stream.write_all(&hello(LONGEST)).await.ok()?;
    let (read, write) = stream.into_split();
    let mut read = BufReader::new(read);
    let Some(Answer::Hello(longest)) = answer(&next_frame(&mut read, LONGEST).await?) else {
        return None;
    };
    let (out, frames) = mpsc::channel(MOST_WAITING);
    let line = Rc::new(Line {
        out,
        waiting: RefCell::default(),
        next: Cell::new(1),
        longest: Cell::new(longest.min(LONGEST)),
        closed: Cell::new(false),
    });
    spawn_local(write_all(write, frames));
    spawn_local(read_all(read, Rc::clone(&line)));
    Some(line)
}

async fn write_all(mut write: OwnedWriteHalf, mut frames: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if write.write_all(&frame).await.is_err() {
            return;
        }
    }
}

async fn read_all(mut read: BufReader<OwnedReadHalf>, line: Rc<Line>) {
    while let Some(frame) = next_frame(&mut read, LONGEST).await {
        match answer(&frame) {
            Some(Answer::Ack(number, set)) => {
                if let Some(told) = line.waiting.borrow_mut().remove(&number) {
                    let _ = told.send(set);
                }
            }
            _ => break,
        }
    }
    line.closed.set(true);
    line.waiting.borrow_mut().clear();
}

/// Read a frame without its length; None at the end, or if it is too long.
async fn next_frame(read: &mut BufReader<OwnedReadHalf>, longest: usize) -> Option<Vec<u8>> {
    let size = read.read_u32().await.ok()? as usize;
    if size > longest {
        return None;
    }
    let mut frame = vec![0; size];
    read.read_exact(&mut frame).await.ok()?;
    Some(frame)
}
