//! TLS at both sides: certificates by server name, which can be replaced while connections are open.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::keys::Keys;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::{
    ClientHello, ResolvesServerCert, ServerSessionMemoryCache, WebPkiClientVerifier, danger::ClientCertVerifier,
};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, ServerConfig, SignatureScheme, SupportedProtocolVersion,
    version,
};
use webpki::EndEntityCert;

/// Sessions that clients may resume.
const SESSIONS: usize = 20_000;

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Certificates in PEM, the server's own first.
    pub chain: Vec<u8>,
    /// The private key in PEM.
    pub key: Vec<u8>,
    /// What its user calls it, for messages.
    pub name: String,
}

/// What a listener offers.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Certificates; the first one is for clients that name none of them.
    pub certificates: Vec<Certificate>,
    /// Certificates in PEM that clients' certificates are verified with; empty if none is asked for.
    pub client_authorities: Vec<u8>,
    /// Whether clients without a certificate are refused.
    pub needs_client: bool,
    /// Whether TLS 1.2 is offered besides 1.3.
    pub tls12: bool,
    /// Whether HTTP/2 is offered.
    pub http2: bool,
}

/// Make the configuration of a listener.
///
/// # Errors
///
/// A certificate or key cannot be used; the text says which.
pub(crate) fn server(offer: &Offer, keys: &Arc<Keys>) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let versions: &[&SupportedProtocolVersion] =
        if offer.tls12 { &[&version::TLS13, &version::TLS12] } else { &[&version::TLS13] };
    let resolver = Arc::new(Names::new(&offer.certificates, &provider)?);
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(client_verifier(offer, &provider)?)
        .with_cert_resolver(resolver);
    config.key_log = Arc::<Keys>::clone(keys);
    config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
    config.ticketer = ring::Ticketer::new().map_err(|error| error.to_string())?;
    config.alpn_protocols = if offer.http2 { vec![b"h2".to_vec()] } else { Vec::new() };
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(Arc::new(config))
}

/// Make the configuration for upstreams with TLS; without authorities, any certificate will do.
///
/// # Errors
///
/// The authorities cannot be read.
pub fn client(authorities: Option<&[u8]>, http2: bool) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = match authorities {
        Some(pem) => {
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(pem)?), provider)
                .build()
                .map_err(|error| error.to_string())?;
            builder.with_webpki_verifier(verifier).with_no_client_auth()
        }
        None => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth(),
    };
    config.alpn_protocols = if http2 { vec![b"h2".to_vec()] } else { vec![b"http/1.1".to_vec()] };
    Ok(Arc::new(config))
}

fn client_verifier(offer: &Offer, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, String> {
    if offer.client_authorities.is_empty() {
        return Ok(WebPkiClientVerifier::no_client_auth());
    }
    let roots = Arc::new(roots(&offer.client_authorities)?);
    let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
    let builder = if offer.needs_client { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error| error.to_string())
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let found = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    let (added, _) = store.add_parsable_certificates(found);
    if added == 0 { Err("no certificate of an authority".to_owned()) } else { Ok(store) }
}

/// Chooses a certificate by the name that the client asks for.
struct Names {
    named: HashMap<String, Arc<CertifiedKey>>,
    first: Option<Arc<CertifiedKey>>,
}

impl Names {
    fn new(certificates: &[Certificate], provider: &CryptoProvider) -> Result<Self, String> {
        let mut made = Self { named: HashMap::new(), first: None };
        for certificate in certificates {
            let wrong = |error: String| format!("{}: {error}", certificate.name);
            let key = Arc::new(certified(certificate, provider).map_err(wrong)?);
            for name in names(&key).map_err(wrong)? {
                made.named.entry(name).or_insert_with(|| Arc::clone(&key));
            }
            made.first.get_or_insert(key);
        }
        Ok(made)
    }

    fn of(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        let wild = || name.split_once('.').map(|(_, parent)| format!("*.{parent}"));
        self.named.get(&name).or_else(|| self.named.get(&wild()?))
    }
}

impl ResolvesServerCert for Names {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        hello.server_name().and_then(|name| self.of(name)).or(self.first.as_ref()).cloned()
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.named.keys()).finish()
    }
}

/// The names that a certificate is for, in lower case; the first label may be `*`.
fn names(key: &CertifiedKey) -> Result<Vec<String>, String> {
    let own = key.end_entity_cert().map_err(|error| error.to_string())?;
    let read = EndEntityCert::try_from(own).map_err(|error| format!("not a certificate: {error}"))?;
    Ok(read.valid_dns_names().map(str::to_ascii_lowercase).collect())
}

fn certified(certificate: &Certificate, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    let chain = CertificateDer::pem_slice_iter(&certificate.chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("not a certificate in PEM: {error}"))?;
    if chain.is_empty() {
        return Err("no certificate in PEM".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(&certificate.key).map_err(|error| format!("no key in PEM: {error}"))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(_) => "the key is not that of the certificate".to_owned(),
        other => other.to_string(),
    })
}

/// Takes any certificate of an upstream, if its user says so.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
