//! Sockets that clients connect to.

use std::io::{Error, ErrorKind, Result};
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4096;

/// A socket that clients connect to, and what they speak there.
#[derive(Debug)]
pub struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) tls: bool,
    pub(crate) expects_header: bool,
}

impl Listener {
    /// Listen at an address. With `expects_header`, each connection begins with a PROXY header.
    ///
    /// # Errors
    ///
    /// The address is in use, or not one of ours, or its port needs a right.
    pub fn bind(address: SocketAddr, tls: bool, expects_header: bool) -> Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Self::of(socket.into(), tls, expects_header)
    }

    /// Take over socket number `place` of those that systemd opened (`sd_listen_fds`).
    ///
    /// # Errors
    ///
    /// There is no such socket.
    pub fn inherited(place: usize, tls: bool, expects_header: bool) -> Result<Self> {
        let taken = ListenFd::from_env().take_tcp_listener(place)?;
        let socket = taken.ok_or_else(|| Error::new(ErrorKind::NotFound, "no such socket was handed over"))?;
        Self::of(socket, tls, expects_header)
    }

    fn of(socket: TcpListener, tls: bool, expects_header: bool) -> Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket, tls, expects_header })
    }

    /// The address that it listens at.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn address(&self) -> Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(crate) fn again(&self) -> Result<Self> {
        Ok(Self { socket: self.socket.try_clone()?, tls: self.tls, expects_header: self.expects_header })
    }
}
