//! Several decoders, each in a thread of its own that needs no GIL; see `core.pyi`.

use std::collections::{HashMap, VecDeque};
use std::iter::Sum;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyFrozenSet, PyList};
use wire::decoder::Decoder as WireDecoder;
use wire::network::Sharing;
use wire::records::{Batch as WireBatch, Codes};

use crate::attribute;
use crate::batch::Batch;
use crate::columns::{Columns, Habit};
use crate::decoder::{Decoder, written_health};
use crate::frames;
use crate::owners::{self, Learned};

/// Batches of frames that may wait for a decoder. The decoders have work meanwhile if Python is busy for a while.
const MOST_WAITING: usize = 8;

/// Frames, and which decoder gets each.
struct Piece {
    buffer: PyBackedBytes,
    columns: frames::Columns,
    shares: Vec<u8>,
}

/// What a thread does, in the order in which it was asked to.
enum Job {
    Feed(Arc<Piece>, Sender<Waiting>),
    Advance(f64),
    Secrets(Arc<[u8]>),
    Owners(Vec<Learned>),
    Finish(usize, Sender<bool>),
    Take(Arc<Habit>, Sender<(usize, Taken)>),
    Settle(Sender<Waiting>),
}

/// The records of a decoder, and columns derived from them.
type Taken = (WireBatch, HashMap<&'static str, Codes>);

/// Records that wait to be taken, and their characters.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting(usize, usize);

impl Waiting {
    fn of(wire: &WireDecoder) -> Self {
        Self(wire.waiting(), wire.waiting_characters())
    }
}

impl Sum for Waiting {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self(sum.0 + one.0, sum.1 + one.1))
    }
}

/// The batches of frames that were handed to the threads, and what was waiting after the last one that is done.
#[derive(Default)]
struct Backlog {
    pieces: VecDeque<Receiver<Waiting>>,
    waiting: Waiting,
}

/// Decodes the traffic of the monitored TCP ports in several threads.
#[pyclass(frozen, module = "http_monitor_core")]
pub(crate) struct Decoders {
    members: Vec<Arc<Decoder>>,
    /// Started on first use: whoever locks down the process or changes its user does so before there are threads.
    threads: OnceLock<Vec<Mutex<Sender<Job>>>>,
    sharing: Mutex<Sharing>,
    backlog: Mutex<Backlog>,
    habit: Arc<Habit>,
}

#[pymethods]
impl Decoders {
    #[new]
    #[pyo3(signature = (threads, ports, limits, inner_ip=None, wanted=None, protocols=None, secrets=false))]
    fn new(
        threads: u8,
        ports: &[u8],
        limits: &Bound<'_, PyAny>,
        inner_ip: Option<Bound<'_, PyAny>>,
        wanted: Option<&Bound<'_, PyFrozenSet>>,
        protocols: Option<&Bound<'_, PyFrozenSet>>,
        secrets: bool,
    ) -> PyResult<Self> {
        let inner_ip = || inner_ip.clone().map(Bound::unbind);
        let member = |_| Decoder::new(ports, limits, inner_ip(), wanted, protocols, secrets).map(Arc::new);
        Ok(Self {
            members: (0..threads.max(1)).map(member).collect::<PyResult<_>>()?,
            threads: OnceLock::new(),
            sharing: Mutex::new(Sharing::new(threads.into())),
            backlog: Mutex::default(),
            habit: Arc::default(),
        })
    }

    /// Hand frames to the threads; wait only if they have too many.
    fn feed(&self, py: Python<'_>, frames: &Bound<'_, PyAny>) -> PyResult<()> {
        let buffer = frames.getattr("buffer")?.extract::<PyBackedBytes>()?;
        let columns = frames::Columns::of(frames)?;
        py.detach(|| {
            let mut shares = Vec::with_capacity(columns.len());
            let mut sharing = locked(&self.sharing);
            columns.each(&buffer, |_, link_type, frame| shares.push(sharing.of_frame(link_type, frame) as u8));
            drop(sharing);
            self.hand_out(Arc::new(Piece { buffer, columns, shares }));
        });
        Ok(())
    }

    /// Take secrets of TLS connections: whole lines of a key log.
    fn add_secrets(&self, lines: &[u8]) {
        let lines: Arc<[u8]> = lines.into();
        self.each(|_| Job::Secrets(Arc::clone(&lines)));
    }

    /// Report that no frame was captured until `now`, so that timeouts can expire.
    fn advance(&self, now: f64) {
        self.each(|_| Job::Advance(now));
    }

    /// End the capture: close all connections until `records` records wait; return whether all are closed.
    #[pyo3(signature = (records=None))]
    fn finish(&self, py: Python<'_>, records: Option<usize>) -> PyResult<bool> {
        let most = records.unwrap_or(usize::MAX) / self.members.len();
        let all = py.detach(|| self.answers(|answer| Job::Finish(most.max(1), answer)));
        self.complete(&all)?;
        Ok(all.iter().all(|closed| *closed))
    }

    /// Return the records completed since the last call: a `traffic.merged.MergedBatch`.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut taken = py.detach(|| self.answers(|answer| Job::Take(Arc::clone(&self.habit), answer)));
        self.complete(&taken)?;
        *locked(&self.backlog) = Backlog::default();
        taken.sort_by_key(|(number, _)| *number);
        let batch = |(wire, prepared)| Batch::of(Columns::new(wire).prepared(prepared, Arc::clone(&self.habit)));
        let batches = taken.into_iter().map(|(_, taken)| Bound::new(py, batch(taken))).collect::<PyResult<Vec<_>>>()?;
        attribute(py, "traffic.merged", "MergedBatch")?.call1((PyList::new(py, batches)?,))
    }

    /// Number of records that waited to be taken after the last frames that were certainly decoded.
    #[getter]
    fn waiting(&self) -> usize {
        locked(&self.backlog).waiting.0
    }

    /// Characters of these records.
    #[getter]
    fn waiting_characters(&self) -> usize {
        locked(&self.backlog).waiting.1
    }

    /// Number of buffered bytes.
    #[getter]
    fn held(&self, py: Python<'_>) -> PyResult<usize> {
        self.settle(py)?;
        Ok(self.members.iter().map(|member| member.lock().held()).sum())
    }

    /// Return a snapshot of the counters: a `traffic.health.Health`.
    #[getter]
    fn health<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.settle(py)?;
        let health = self.members.iter().map(|member| member.lock().health().clone());
        let sum = health.reduce(|mut sum, other| {
            sum.add(&other);
            sum
        });
        written_health(py, &sum.unwrap_or_default())
    }

    /// Return at most `most` connections whose owners are to be found, client first.
    fn asked_owners(&self, py: Python<'_>, most: usize) -> Vec<owners::Ends> {
        let share = most.div_ceil(self.members.len());
        let asked = py.detach(|| {
            let of = |member: &Arc<Decoder>| member.lock().owners().asked(share);
            self.members.iter().flat_map(of).take(most).collect::<Vec<_>>()
        });
        asked.into_iter().map(owners::written).collect()
    }

    /// Learn the owners of connections.
    fn set_owners(&self, owners: Vec<owners::OwnerFields>, connections: Vec<owners::Connection>) -> PyResult<()> {
        let mut shares: Vec<Vec<Learned>> = self.members.iter().map(|_| Vec::new()).collect();
        for learned in owners::connections(owners, connections)? {
            let share = locked(&self.sharing).of_ends(learned.0, learned.1);
            if let Some(share) = shares.get_mut(share as usize) {
                share.push(learned);
            }
        }
        self.each(|number| Job::Owners(shares.get_mut(number).map(std::mem::take).unwrap_or_default()));
        Ok(())
    }

    /// Replace the addresses of this host and the sockets that listen there.
    fn set_listeners(
        &self,
        py: Python<'_>,
        owners: Vec<owners::OwnerFields>,
        local: Vec<(String, u32)>,
        listeners: Vec<owners::ListenerFields>,
    ) -> PyResult<()> {
        let (local, listeners) = (owners::local(local)?, owners::listeners(owners, listeners)?);
        py.detach(|| {
            for member in &self.members {
                member.lock().owners().listen(local.clone(), listeners.clone());
            }
        });
        Ok(())
    }

    /// Return faults of the core itself since the last call.
    fn faults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let all = PyList::empty(py);
        for member in &self.members {
            member.faults(py)?.iter().try_for_each(|fault| all.append(fault))?;
        }
        Ok(all)
    }
}

impl Decoders {
    /// Give each thread a job, made from its number.
    fn each(&self, mut job: impl FnMut(usize) -> Job) {
        let threads = self.threads.get_or_init(|| self.members.iter().enumerate().map(start).collect());
        for (number, thread) in threads.iter().enumerate() {
            // A thread that has panicked takes no jobs; `complete` reports it.
            let _ = locked(thread).send(job(number));
        }
    }

    /// Give each thread a job, and wait for all answers.
    fn answers<T>(&self, job: impl Fn(Sender<T>) -> Job) -> Vec<T> {
        let (answer, answers) = channel();
        self.each(|_| job(answer.clone()));
        drop(answer);
        answers.iter().collect()
    }

    fn complete<T>(&self, answers: &[T]) -> PyResult<()> {
        if answers.len() < self.members.len() {
            return Err(PyRuntimeError::new_err("a thread of the decoder has ended"));
        }
        Ok(())
    }

    /// Wait until everything handed to the threads is done.
    fn settle(&self, py: Python<'_>) -> PyResult<()> {
        let done = py.detach(|| {
            let done = self.answers(Job::Settle);
            let waiting = done.iter().copied().sum();
            *locked(&self.backlog) = Backlog { pieces: VecDeque::new(), waiting };
            done
        });
        self.complete(&done)
    }

    fn hand_out(&self, piece: Arc<Piece>) {
        let (done, waiting) = channel();
        self.each(|_| Job::Feed(Arc::clone(&piece), done.clone()));
        drop(done);
        let mut backlog = locked(&self.backlog);
        backlog.pieces.push_back(waiting);
        if backlog.pieces.len() > MOST_WAITING
            && let Some(waiting) = backlog.pieces.pop_front()
        {
            backlog.waiting = waiting.iter().sum();
        }
    }
}

fn start((number, member): (usize, &Arc<Decoder>)) -> Mutex<Sender<Job>> {
    let (jobs, queue) = channel();
    let member = Arc::clone(member);
    // If the system allows no thread, the jobs have no taker, which the caller is told as for one that has ended.
    let _ = thread::Builder::new().name(format!("decoder {number}")).spawn(move || {
        for job in queue {
            work(&member, number, job);
        }
    });
    Mutex::new(jobs)
}

fn work(member: &Decoder, number: usize, job: Job) {
    let mut wire = member.lock();
    match job {
        Job::Feed(piece, done) => {
            let mut shares = piece.shares.iter();
            piece.columns.each(&piece.buffer, |time, link_type, frame| {
                if shares.next().is_some_and(|share| usize::from(*share) == number) {
                    member.take_frame(&mut wire, time, link_type, frame);
                } else {
                    wire.advance(time); // so that timeouts expire as if there were one decoder
                }
            });
            let _ = done.send(Waiting::of(&wire));
        }
        Job::Advance(now) => wire.advance(now),
        Job::Secrets(lines) => wire.add_secrets(&lines),
        Job::Owners(connections) => {
            for (one, other, time, owner) in connections {
                wire.owners().learn(one, other, time, owner);
            }
        }
        Job::Finish(records, answer) => {
            let _ = answer.send(wire.finish(records));
        }
        Job::Take(habit, answer) => {
            let batch = wire.take();
            drop(wire);
            let prepared = habit.prepare(&batch);
            let _ = answer.send((number, (batch, prepared)));
        }
        Job::Settle(answer) => {
            let waiting = Waiting::of(&wire);
            drop(wire);
            let _ = answer.send(waiting);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
