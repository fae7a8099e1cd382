//! Batches of frames in a buffer: given by Python, or found in a piece of a file.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wire::capture::{Index, Interface, PcapLayout, pcap, pcapng, ring};

/// The columns of a `traffic.frames.Frames`: lists, or the result of `pcap_frames` or `ring_frames`.
pub(crate) struct Columns {
    times: Vec<f64>,
    links: Links,
    starts: Vec<i64>,
    stops: Vec<i64>,
}

enum Links {
    One(u32),
    Each(Vec<i64>),
}

impl Columns {
    pub(crate) fn of(frames: &Bound<'_, PyAny>) -> PyResult<Self> {
        let links = frames.getattr("links")?;
        Ok(Self {
            times: column(&frames.getattr("times")?)?,
            links: match links.extract::<u32>() {
                Ok(link_type) => Links::One(link_type),
                Err(_) => Links::Each(column(&links)?),
            },
            starts: column(&frames.getattr("starts")?)?,
            stops: column(&frames.getattr("stops")?)?,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// Visit each frame; a frame outside the buffer is passed as empty.
    pub(crate) fn each(&self, buffer: &[u8], mut take: impl FnMut(f64, u32, &[u8])) {
        let places = self.starts.iter().zip(&self.stops);
        for (number, (time, (start, stop))) in self.times.iter().zip(places).enumerate() {
            let link_type = match &self.links {
                Links::One(link_type) => *link_type,
                Links::Each(links) => links.get(number).copied().unwrap_or_default() as u32,
            };
            take(*time, link_type, buffer.get(*start as usize..*stop as usize).unwrap_or_default());
        }
    }
}

/// Read a column: an array at once, any other sequence item by item.
fn column<'py, T>(values: &Bound<'py, PyAny>) -> PyResult<Vec<T>>
where
    T: numpy::Element + Copy + for<'a> FromPyObject<'a, 'py>,
{
    match values.extract::<PyReadonlyArray1<'py, T>>() {
        Ok(array) => Ok(array.as_array().to_vec()),
        Err(_) => values.try_iter()?.map(|value| value?.extract::<T>().map_err(Into::into)).collect(),
    }
}

/// Times, starts, stops and lengths of frames; the start of the next record; and the size it claims, if too large.
type Found<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    usize,
    Option<u64>,
);

fn written(py: Python<'_>, index: Index) -> Found<'_> {
    (
        PyArray1::from_vec(py, index.times),
        PyArray1::from_vec(py, index.starts),
        PyArray1::from_vec(py, index.stops),
        PyArray1::from_vec(py, index.lengths),
        index.next,
        index.too_large,
    )
}

/// Find the records of a pcap file in `buffer` from `position` on; see `core.pyi`.
#[pyfunction]
#[pyo3(signature = (buffer, position, *, little_endian, nanoseconds, header, longest))]
pub(crate) fn pcap_frames<'py>(
    py: Python<'py>,
    buffer: &[u8],
    position: usize,
    little_endian: bool,
    nanoseconds: bool,
    header: usize,
    longest: u64,
) -> Found<'py> {
    let layout = PcapLayout { little_endian, nanoseconds, header, longest };
    let index = py.detach(|| pcap(buffer, position, &layout));
    written(py, index)
}

/// Find packet blocks of a pcapng file in `buffer` from `position` up to a block of another kind; see `core.pyi`.
#[pyfunction]
#[pyo3(signature = (buffer, position, *, little_endian, interfaces))]
pub(crate) fn pcapng_frames<'py>(
    py: Python<'py>,
    buffer: &[u8],
    position: usize,
    little_endian: bool,
    interfaces: Vec<(u32, u64, i64)>,
) -> (Found<'py>, Bound<'py, PyArray1<i64>>) {
    let described = |(link_type, per_second, offset)| Interface { link_type, per_second, offset };
    let interfaces: Vec<Interface> = interfaces.into_iter().map(described).collect();
    let (index, links) = py.detach(|| pcapng(buffer, position, little_endian, &interfaces));
    (written(py, index), PyArray1::from_vec(py, links))
}

/// Copy a block of a TPACKET_V3 ring, and find its frames, complete, in the copy; see `core.pyi`.
#[pyfunction]
#[pyo3(signature = (block, *, cooked))]
pub(crate) fn ring_frames<'py>(
    py: Python<'py>,
    block: PyReadonlyArray1<'py, u8>,
    cooked: bool,
) -> PyResult<(Bound<'py, PyBytes>, Found<'py>)> {
    let block = block.as_slice()?;
    let mut index = Index::default();
    let copy = PyBytes::new_with(py, block.len(), |copy| {
        copy.copy_from_slice(block);
        index = ring(copy, cooked);
        Ok(())
    })?;
    Ok((copy, written(py, index)))
}
