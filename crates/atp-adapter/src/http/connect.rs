//! Pooled connections, to addresses that the guard lets through.

use super::guard::{Guard, Refused};
use super::target::Target;
use crate::error::Failure;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

const CONNECT_TIME: Duration = Duration::from_secs(30);
/// Below the 5 seconds after which many servers close: a request on a connection that is being
/// closed is lost, and none can tell whether the agent has seen it.
const IDLE_TIME: Duration = Duration::from_secs(4);
const IDLE_CONNECTIONS: usize = 32;

#[cfg(feature = "tls")]
pub(super) type Connector = hyper_rustls::HttpsConnector<HttpConnector<Resolver>>;
#[cfg(not(feature = "tls"))]
pub(super) type Connector = HttpConnector<Resolver>;

/// The connections of one adapter, opened when they are first needed.
#[derive(Debug)]
pub(super) struct Connections {
    guard: Guard,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "there is nothing to verify"))]
    verify: bool,
    plain: Mutex<Option<Pool>>,
    /// Apart, because the certificates that it needs take time to load.
    secure: Mutex<Option<Pool>>,
}

type Pool = legacy::Client<Connector, Full<Bytes>>;

/// Looks up names, and refuses one of whose addresses any is refused. It is these addresses that
/// are connected to, so a name cannot mean one thing to the check and another afterwards.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    guard: Guard,
}

impl Connections {
    pub(super) fn new(allow_internal: bool, verify: bool) -> Self {
        let guard = Guard { allow_internal };
        Self { guard, verify, plain: Mutex::default(), secure: Mutex::default() }
    }

    /// Sends a request and returns the beginning of the reply.
    pub(super) async fn send(
        &self,
        target: &Target,
        request: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, Failure> {
        self.guard.check_target(target)?;
        let pool = self.pool(target.is_secure())?;
        pool.request(request).await.map_err(|error| why(target, &error))
    }

    /// Lets go of idle connections.
    pub(super) fn close(&self) {
        for pool in [&self.plain, &self.secure] {
            let pool = pool.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(pool);
        }
    }

    fn pool(&self, is_secure: bool) -> Result<Pool, Failure> {
        let pool = if is_secure { &self.secure } else { &self.plain };
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = &*pool {
            return Ok(pool.clone());
        }
        let mut connector = HttpConnector::new_with_resolver(Resolver { guard: self.guard });
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIME));
        #[cfg(feature = "tls")]
        let connector = super::tls::over(connector, is_secure, self.verify)?;
        let opened = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Ok(pool.insert(opened).clone())
    }
}

fn why(target: &Target, error: &legacy::Error) -> Failure {
    let causes = || {
        std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
    };
    if let Some(refused) = causes().find_map(|cause| cause.downcast_ref::<Refused>()) {
        return refused.clone().into();
    }
    let reason: Vec<_> = causes().map(ToString::to_string).collect();
    let reason = if reason.is_empty() { error.to_string() } else { reason.join(": ") };
    Failure::Connection { endpoint: target.origin(), reason }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.guard;
        Box::pin(async move {
            let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &addresses {
                guard.check_address(name.as_str(), address.ip())?;
            }
            if addresses.is_empty() {
                let error = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
                return Err(error.into());
            }
            Ok(addresses.into_iter())
        })
    }
}
