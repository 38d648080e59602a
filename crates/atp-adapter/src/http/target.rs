//! Where a request goes.

use crate::secrets::Secrets;
use hyper::Uri;
use std::fmt;
use url::{Host, Url};

/// An http or https address with a host.
#[derive(Clone)]
pub(super) struct Target(Url);

impl Target {
    /// Parses an address; what fails is told by what was expected instead.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text.trim()).map_err(|_| "an http or https address")?;
        Self::check(url)
    }

    /// Follows a redirect to `location`, which may be relative.
    pub(super) fn join(&self, location: &str) -> Result<Self, &'static str> {
        let url = self.0.join(location).map_err(|_| "an http or https address")?;
        if self.is_secure() && url.scheme() != "https" {
            return Err("an https address, as before");
        }
        Self::check(url)
    }

    pub(super) fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    /// Scheme, host and port, which are no secret.
    pub(super) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// What follows the path, and the values in it, which often are keys.
    pub(super) fn hide_query(&self, secrets: &mut Secrets) {
        self.0.query_pairs().for_each(|(_name, value)| secrets.hide(&value));
        self.0.query().into_iter().for_each(|query| secrets.hide(query));
    }

    pub(super) fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(super) fn uri(&self) -> Result<Uri, hyper::http::uri::InvalidUri> {
        self.0.as_str().parse()
    }

    fn check(mut url: Url) -> Result<Self, &'static str> {
        url.set_fragment(None);
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => return Err("an http address: this program is built without TLS"),
            _ => return Err("an http or https address"),
        }
        if !url.has_host() {
            return Err("an address with a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address without a user, who belongs into the headers");
        }
        Ok(Self(url))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}
