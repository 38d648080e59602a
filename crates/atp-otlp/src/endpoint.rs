//! Where spans go.

use crate::error::Error;
use hyper::Uri;
use std::fmt;
use url::Url;

/// The path on which collectors take traces.
const PATH: &str = "/v1/traces";

/// The address of a collector.
#[derive(Clone)]
pub(crate) struct Endpoint(Url);

impl Endpoint {
    /// Reads an address as `OTEL_EXPORTER_OTLP_ENDPOINT` has it, to whose path that of traces is
    /// added, or one that ends with that path already.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text.trim()).map_err(|_| unlike(ADDRESS))?;
        Self::check(url).map_err(unlike)
    }

    /// All of it, for the request.
    pub(crate) fn address(&self) -> &str {
        self.0.as_str()
    }

    /// Scheme, host and port, which are no secret.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    #[cfg(feature = "tls")]
    pub(crate) fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    fn check(mut url: Url) -> Result<Self, &'static str> {
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => return Err("an http address: this program is built without TLS"),
            _ => return Err(ADDRESS),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address without a user: OTEL_EXPORTER_OTLP_HEADERS is for credentials");
        }
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/');
        let path = if path.ends_with(PATH) { path.to_owned() } else { format!("{path}{PATH}") };
        url.set_path(&path);
        match url.as_str().parse::<Uri>() {
            Ok(_) => Ok(Self(url)),
            Err(_) => Err(ADDRESS),
        }
    }
}

const ADDRESS: &str = "an http or https address such as http://localhost:4318";

fn unlike(expected: &'static str) -> Error {
    Error::Endpoint { expected }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> String {
        Endpoint::parse(text).unwrap().address().to_owned()
    }

    #[test]
    fn the_path_of_traces_is_added_once() {
        for (text, expected) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            (" http://localhost:4318/ ", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/v1/traces", "http://localhost:4318/v1/traces"),
            ("http://host/otlp/v1/traces/", "http://host/otlp/v1/traces"),
            ("http://host/otlp?key=1#here", "http://host/otlp/v1/traces?key=1"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ] {
            assert_eq!(address(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_without_repeating_it() {
        for text in
            ["", "localhost:4318", "4318", "grpc://host", "http://", "http://me:hunter2@host"]
        {
            let Err(error) = Endpoint::parse(text) else { panic!("{text} was taken") };
            let message = error.to_string();
            assert!(message.starts_with("the OTLP endpoint is not an "), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn only_the_origin_is_shown() {
        let endpoint = Endpoint::parse("http://host:4318/secret?key=hunter2").unwrap();
        assert_eq!(endpoint.origin(), "http://host:4318");
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn https_needs_its_feature() {
        let Err(error) = Endpoint::parse("https://host") else { panic!("there is no TLS") };
        assert!(error.to_string().contains("built without TLS"), "{error}");
    }
}
