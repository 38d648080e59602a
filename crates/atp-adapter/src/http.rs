//! Agents behind HTTP.

mod connect;
mod exchange;
mod guard;
mod records;
mod target;
#[cfg(feature = "tls")]
mod tls;

use crate::adapter::{Adapter, BoxFuture, Retry, Run};
use crate::answer::{Answer, Measured};
use crate::config::{ConfigDescription, ConfigError, ConfigField, Settings};
use crate::error::{AdapterError, Failure};
use crate::run_settings::{self, RunSettings};
use crate::secrets::Secrets;
use crate::sink::{EventFeed, EventSink};
use crate::watch::Watch;
use connect::Connections;
use exchange::Exchange;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use target::Target;

/// An agent that is a server: the request is posted to it as JSON, and it replies with its
/// response, or with a stream of events that ends with the response, as server-sent events or as
/// lines of JSON.
///
/// Connections are pooled. Addresses inside of the network are refused unless the configuration
/// allows them, and those of cloud metadata in any case: what is checked is the address that is
/// connected to, also behind a redirect.
///
/// # Examples
///
/// ```
/// use atp_adapter::{Adapter, Http};
/// use serde_json::json;
///
/// let config = json!({
///     "endpoint": "http://127.0.0.1:8000/run",
///     "headers": {"Authorization": "Bearer secret"},
///     "allow_internal": true, // without it this machine is out of reach
/// });
/// let agent = Http::from_config(&config)?;
/// assert!(!format!("{agent:?}").contains("secret"));
/// # let _: &dyn Adapter = &agent;
/// # Ok::<(), atp_adapter::ConfigError>(())
/// ```
pub struct Http {
    endpoint: Target,
    health_endpoint: Target,
    headers: HeaderMap,
    connections: Connections,
    run_settings: RunSettings,
    secrets: Secrets,
}

/// How long a server may take to show that it is there.
const HEALTH_TIME: Duration = Duration::from_secs(5);

impl Http {
    pub(crate) const CONFIG: ConfigDescription = ConfigDescription::new(
        "Posts the request to a server, which replies with JSON, server-sent events or NDJSON.",
        &[
            ConfigField::new("endpoint", "an http or https address", "Where requests are posted.")
                .required(),
            ConfigField::new(
                "stream_endpoint",
                "an http or https address",
                "Where they are posted instead, as far as the server has an address for streams.",
            ),
            ConfigField::new(
                "health_endpoint",
                "an http or https address",
                "What is asked whether the server is there; the endpoint without it.",
            ),
            ConfigField::new("headers", "an object of text", "Headers of every request."),
            ConfigField::new("verify_ssl", "true or false", "Checks the server's certificate.")
                .or("true"),
            ConfigField::new(
                "allow_internal",
                "true or false",
                "Allows addresses of this machine and of private networks.",
            )
            .or("false"),
            run_settings::TIMEOUT,
            run_settings::RETRY_COUNT,
            run_settings::RETRY_DELAY,
            run_settings::EVENT_BYTES,
            run_settings::RESPONSE_BYTES,
            run_settings::COST_TRACKING,
        ],
    );

    /// Builds the adapter that `config` describes. Nothing is connected.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the place in the configuration.
    pub fn from_config(config: &Value) -> Result<Self, ConfigError> {
        let settings = Settings::new("http", &Self::CONFIG, config)?;
        let target = |key| -> Result<Option<Target>, ConfigError> {
            let Some(text) = settings.text(key)? else { return Ok(None) };
            let target = Target::parse(text);
            target.map(Some).map_err(|expected| {
                let found = format!("text of {} characters", text.chars().count());
                settings.invalid(key, expected, found)
            })
        };
        let missing = || settings.invalid("endpoint", "an http or https address", "nothing".into());
        let endpoint = target("endpoint")?.ok_or_else(missing)?;
        let (headers, mut secrets) = headers(&settings)?;
        let allow_internal = settings.flag("allow_internal")?.unwrap_or(false);
        let verify = settings.flag("verify_ssl")?.unwrap_or(true);
        let health_endpoint = target("health_endpoint")?.unwrap_or_else(|| endpoint.clone());
        let endpoint = target("stream_endpoint")?.unwrap_or(endpoint);
        endpoint.hide_query(&mut secrets);
        Ok(Self {
            health_endpoint,
            endpoint,
            headers,
            connections: Connections::new(allow_internal, verify),
            run_settings: RunSettings::read(&settings)?,
            secrets,
        })
    }
}

impl Adapter for Http {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        Box::pin(async move {
            let mut watch = Watch::begin(&run, self.run_settings.timeout);
            let body = run.request.to_json().map_err(Failure::Request)?;
            let bounds = self.run_settings.bounds;
            let feed = EventFeed::new(&run.request.task_id, events)
                .with_limit_bytes(bounds.event_line_bytes)
                .with_secrets(&self.secrets);
            let mut exchange = Exchange::new(feed, &run.request.task_id, bounds, &self.secrets);
            let replied = exchange
                .run(&self.connections, &self.endpoint, &self.headers, body, &mut watch)
                .await;
            let measured = Measured {
                agent: watch.elapsed(),
                events: exchange.feed().events(),
                invalid_events: exchange.feed().invalid(),
                ..Measured::default()
            };
            match replied {
                Ok(response) => Ok(Answer::new(response, measured)),
                Err(failure) => Err(AdapterError::new(failure, measured)),
            }
        })
    }

    /// Asks the health endpoint with GET: any status below 500 within 5 seconds is good.
    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(async move {
            let asked = exchange::is_there(&self.connections, &self.health_endpoint, &self.headers);
            let late = |_| Failure::Connection {
                endpoint: self.health_endpoint.origin(),
                reason: format!("no answer within {} s", HEALTH_TIME.as_secs()),
            };
            Ok(tokio::time::timeout(HEALTH_TIME, asked).await.map_err(late)??)
        })
    }

    /// Closes the idle connections; those in use end with their runs.
    fn close(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        self.connections.close();
        Box::pin(std::future::ready(Ok(())))
    }

    fn retry(&self) -> Retry {
        self.run_settings.retry
    }
}

/// Reads the headers, and what of them no message shows.
fn headers(settings: &Settings<'_>) -> Result<(HeaderMap, Secrets), ConfigError> {
    let (mut headers, mut secrets) = (HeaderMap::new(), Secrets::default());
    for (name, value) in settings.table("headers")? {
        let refused = || {
            let place = format!("headers.{name}");
            settings.invalid(&place, "a header that HTTP allows", "another one".into())
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
        let mut content = HeaderValue::from_str(&value).map_err(|_| refused())?;
        // These two say where a message ends; another value would make it two.
        if [hyper::header::CONTENT_LENGTH, hyper::header::TRANSFER_ENCODING].contains(&header) {
            return Err(refused());
        }
        content.set_sensitive(true);
        headers.insert(header, content);
        secrets.hide(&value);
        if let Some((_scheme, secret)) = value.split_once(' ') {
            // By itself, too.
            secrets.hide(secret);
        }
    }
    Ok((headers, secrets))
}

/// Shows scheme, host and port, and neither path nor headers.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("endpoint", &self.endpoint.origin()).finish_non_exhaustive()
    }
}
