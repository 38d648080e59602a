//! Connections to the collector, plain or encrypted.

use crate::endpoint::Endpoint;
use crate::error::Error;
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::Bytes;

#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "tls"))]
type Connector = HttpConnector;

pub(super) type Client = legacy::Client<Connector, Full<Bytes>>;

#[cfg_attr(
    not(feature = "tls"),
    expect(clippy::unnecessary_wraps, reason = "only TLS can fail to be set up")
)]
pub(super) fn client(endpoint: &Endpoint) -> Result<Client, Error> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    #[cfg(feature = "tls")]
    let connector = over_tls(connector, endpoint)?;
    #[cfg(not(feature = "tls"))]
    let _ = endpoint;
    Ok(legacy::Client::builder(TokioExecutor::new()).build(connector))
}

/// Puts TLS over the connector, for an endpoint that asks for it. For any other it trusts no
/// server, and loads nothing.
#[cfg(feature = "tls")]
fn over_tls(mut connector: HttpConnector, endpoint: &Endpoint) -> Result<Connector, Error> {
    use rustls::{ClientConfig, RootCertStore};
    connector.enforce_http(false);
    let mut roots = RootCertStore::empty();
    if endpoint.is_secure() {
        // Those that cannot be read are left out; without any, no server is trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Exporter { reason: error.to_string(), sent: 0 })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(config);
    Ok(builder.https_or_http().enable_http1().wrap_connector(connector))
}
