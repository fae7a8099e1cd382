//! Hellos for tests.

/// Return a body behind its length of `size` bytes.
pub(crate) fn vector(size: usize, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    [&length[4 - size..], body].concat()
}

pub(crate) fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().as_slice(), &vector(2, content)].concat()
}

/// Return the body of a ClientHello.
pub(crate) fn hello(version: u16, ciphers: &[u16], extensions: &[Vec<u8>]) -> Vec<u8> {
    let ciphers = ciphers.iter().flat_map(|cipher| cipher.to_be_bytes()).collect::<Vec<_>>();
    let rest = if extensions.is_empty() { Vec::new() } else { vector(2, &extensions.concat()) };
    let parts = [version.to_be_bytes().to_vec(), vec![7; 32], vector(1, b"id"), vector(2, &ciphers), vector(1, &[0])];
    [parts.concat(), rest].concat()
}

/// Return the body of a ServerHello.
pub(crate) fn server_hello(version: u16, cipher: u16, extensions: &[Vec<u8>]) -> Vec<u8> {
    let parts = [version.to_be_bytes().to_vec(), vec![9; 32], vector(1, b"id"), cipher.to_be_bytes().to_vec(), vec![0]];
    [parts.concat(), vector(2, &extensions.concat())].concat()
}

/// Return a handshake message.
pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], vector(3, body).as_slice()].concat()
}

/// Return a record of a type.
pub(crate) fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], vector(2, content).as_slice()].concat()
}
