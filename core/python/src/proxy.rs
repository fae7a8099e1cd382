//! The crate `proxy`: a reverse proxy whose frames, refusals and counters Python takes.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use numpy::PyArray1;
use proxy::clients::{Blocked, Entry, Quota};
use proxy::connection::Timeouts;
use proxy::forward::Told;
use proxy::guard::AMBIGUOUS;
use proxy::listener::Listener;
use proxy::refusal::Refusal;
use proxy::routes::{Mode, Route};
use proxy::tls::{self, Certificate, Offer};
use proxy::upstream::{Place, Upstream};
use proxy::{Page, Server, Settings};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::decoder::read_proxies;
use crate::prefilter::Prefilter;

type PyListener = (String, Option<usize>, bool, bool);
type PyUpstream = (String, String, Option<String>, bool);
type PyCertificate = (Vec<u8>, Vec<u8>, String);
type PyOffer = (Vec<PyCertificate>, Vec<u8>, bool, bool, bool);
type PyRoute = (String, String, String, bool, f64);
/// Bytes; times, starts and stops; the time up to which all was taken; frames dropped so far.
type PyFrames<'py> =
    (Bound<'py, PyBytes>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, f64, u64);
type PyRefusal =
    (f64, String, (String, u16), (String, u16), (String, String, String), &'static str, (String, String, u64), bool);

/// See `core.pyi`.
#[pyclass(frozen)]
pub(crate) struct Proxy(Server);

#[pymethods]
impl Proxy {
    #[new]
    fn new(
        settings: &Bound<'_, PyAny>,
        listeners: Vec<PyListener>,
        upstreams: Vec<PyUpstream>,
        authorities: Option<Vec<u8>>,
        offer: Option<PyOffer>,
    ) -> PyResult<Self> {
        let listeners = listeners.into_iter().map(listener).collect::<PyResult<Vec<_>>>()?;
        let upstreams = upstreams.into_iter().map(|each| upstream(each, authorities.as_deref()));
        let upstreams = upstreams.collect::<PyResult<Vec<_>>>()?;
        let offer = offer.map(offered);
        Server::new(read(settings)?, listeners, upstreams, offer.as_ref()).map(Self).map_err(PyValueError::new_err)
    }

    #[getter]
    fn addresses(&self) -> Vec<String> {
        self.0.addresses().to_vec()
    }

    fn start(&self) -> PyResult<()> {
        Ok(self.0.start()?)
    }

    fn stop(&self, py: Python<'_>, drain: f64) {
        py.detach(|| self.0.stop(seconds(drain)));
    }

    fn read<'py>(&self, py: Python<'py>) -> Option<PyFrames<'py>> {
        let filled = py.detach(|| self.0.ring().take())?;
        Some((
            PyBytes::new(py, &filled.bytes),
            PyArray1::from_vec(py, filled.times),
            PyArray1::from_vec(py, filled.starts),
            PyArray1::from_vec(py, filled.stops),
            filled.clock,
            filled.dropped,
        ))
    }

    fn keys(&self) -> Vec<u8> {
        self.0.keys().into_bytes()
    }

    fn offer(&self, offer: PyOffer) -> PyResult<()> {
        self.0.offer(&offered(offer)).map_err(PyValueError::new_err)
    }

    fn block(&self, networks: Vec<(String, u8, String, bool)>) -> PyResult<()> {
        let networks = networks.into_iter().map(|(address, bits, reason, enforced)| {
            let address: IpAddr =
                address.parse().map_err(|_| PyValueError::new_err(format!("no address: {address}")))?;
            Ok((address, bits, Entry { reason, enforced }))
        });
        self.0.block(Blocked::new(networks.collect::<PyResult<_>>()?));
        Ok(())
    }

    fn ask_after(&self, prefilter: Option<&Prefilter>) {
        self.0.ask_after(prefilter.map(|prefilter| Arc::clone(&prefilter.0)));
    }

    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = PyDict::new(py);
        for (name, count) in self.0.counts() {
            counts.set_item(name, count)?;
        }
        Ok(counts)
    }

    fn refusals(&self) -> Vec<PyRefusal> {
        self.0.refusals().into_iter().map(told).collect()
    }

    fn upstreams(&self) -> Vec<(String, bool, usize, u64, u64)> {
        let standings = self.0.standings().into_iter();
        standings.map(|each| (each.name, each.up, each.active, each.requests, each.errors)).collect()
    }

    #[staticmethod]
    fn ambiguous() -> Vec<&'static str> {
        AMBIGUOUS.to_vec()
    }
}

fn told(refusal: Refusal) -> PyRefusal {
    let end = |end: SocketAddr| (end.ip().to_canonical().to_string(), end.port());
    (
        refusal.time,
        refusal.id,
        end(refusal.client),
        end(refusal.server),
        (refusal.host, refusal.method, refusal.target),
        refusal.cause.name(),
        (refusal.reason, refusal.rules, refusal.score),
        refusal.refused,
    )
}

fn listener((address, inherited, tls, expects_header): PyListener) -> PyResult<Listener> {
    if let Some(place) = inherited {
        return Ok(Listener::inherited(place, tls, expects_header)?);
    }
    let parsed = address.parse().map_err(|_| PyValueError::new_err(format!("no address and port: {address}")))?;
    Ok(Listener::bind(parsed, tls, expects_header)?)
}

fn upstream((name, place, tls, http2): PyUpstream, authorities: Option<&[u8]>) -> PyResult<Upstream> {
    let place = match place.strip_prefix("unix:") {
        Some(path) => Place::Unix(PathBuf::from(path)),
        None => Place::Tcp(place.parse().map_err(|_| PyValueError::new_err(format!("no address and port: {place}")))?),
    };
    let named = match tls {
        Some(name) => {
            let server =
                name.clone().try_into().map_err(|_| PyValueError::new_err(format!("no server name: {name}")))?;
            Some((server, tls::client(authorities, http2).map_err(PyValueError::new_err)?))
        }
        None => None,
    };
    Ok(Upstream::new(name, place, named, http2))
}

fn offered((certificates, client_authorities, needs_client, tls12, http2): PyOffer) -> Offer {
    let certificates = certificates.into_iter().map(|(chain, key, name)| Certificate { chain, key, name }).collect();
    Offer { certificates, client_authorities, needs_client, tls12, http2 }
}

fn read(settings: &Bound<'_, PyAny>) -> PyResult<Settings> {
    let count = |name: &str| settings.getattr(name)?.extract::<usize>();
    let span = |name: &str| settings.getattr(name)?.extract::<f64>().map(seconds);
    let flag = |name: &str| settings.getattr(name)?.extract::<bool>();
    let text = |name: &str| settings.getattr(name)?.extract::<String>();
    let texts = |name: &str| settings.getattr(name)?.extract::<Vec<String>>();
    let routes: Vec<PyRoute> = settings.getattr("routes")?.extract()?;
    Ok(Settings {
        threads: count("threads")?,
        ring: count("ring")?,
        connections: count("connections")?,
        timeouts: Timeouts {
            head: span("head_timeout")?,
            idle: span("idle_timeout")?,
            stall: span("stall_timeout")?,
            connect: span("connect_timeout")?,
            response: span("response_timeout")?,
        },
        quota: Quota {
            rate: settings.getattr("client_rate")?.extract()?,
            burst: settings.getattr("client_burst")?.extract()?,
            connections: settings.getattr("client_connections")?.extract()?,
        },
        trusted: read_proxies(settings)?,
        told: Told { x_forwarded: flag("x_forwarded")?, forwarded: flag("forwarded")? },
        tells_ends: flag("proxy_header")?,
        upgrades: texts("upgrades")?,
        passes_connect: flag("passes_connect")?,
        agent: settings.getattr("agent")?.extract()?,
        asks_about_new: flag("asks_about_new")?,
        inspected_body: count("inspected_body")?,
        routes: routes.into_iter().map(route).collect::<PyResult<_>>()?,
        allowed_oddities: texts("allowed_oddities")?,
        page: Page {
            status: settings.getattr("page_status")?.extract()?,
            text: text("page_text")?,
            kind: text("page_type")?,
        },
        health_path: settings.getattr("health_path")?.extract()?,
        check_path: text("check_path")?,
        check_pause: span("check_pause")?,
    })
}

fn route((host, path, mode, closed, deadline): PyRoute) -> PyResult<Route> {
    let known = Mode::named(&mode).ok_or_else(|| PyValueError::new_err(format!("no mode: {mode}")))?;
    Ok(Route { host, path, mode: known, closed, deadline: seconds(deadline) })
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
