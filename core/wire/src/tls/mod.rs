//! TLS without decrypting it: what is said in the clear, and what can be concluded from it.

#[cfg_attr(not(test), expect(dead_code, reason = "only the server name is read so far"))]
pub(crate) mod client_hello;
pub(crate) mod fields;
pub(crate) mod hello;
#[cfg_attr(not(test), expect(dead_code, reason = "only the server name is read so far"))]
pub(crate) mod ja;
#[cfg(test)]
pub(crate) mod samples;
