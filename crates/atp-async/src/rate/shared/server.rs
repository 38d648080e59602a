//! The server: one question, one answer, and a limit on the time for both.

use super::error::SharedRateError;
use super::terms::Terms;
use crate::catch::catch_panic;
use crate::error::ConfigError;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, RedisError, Script,
    ServerErrorKind,
};
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// How long connecting and the answer may take together.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How much of what a server said is told.
const REASON_CHARS: usize = 200;

/// A connection to the server.
pub(super) type Link = MultiplexedConnection;

/// Where a budget is kept.
pub(super) struct Server {
    client: Client,
    script: Script,
    key: Box<str>,
    terms: Terms,
}

/// What the server is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ask {
    pub(super) wanted: u32,
    /// Tokens taken without the server since it answered last.
    pub(super) elsewhere: u32,
    /// The arrival time of its last answer.
    pub(super) told: u64,
}

/// What it answers, in microseconds of its clock.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) granted: u32,
    now_us: u64,
    pub(super) arrival_us: u64,
}

impl Server {
    pub(super) fn new(url: &str, key: &str, terms: Terms) -> Result<Self, ConfigError> {
        let what = "address of the rate limit server";
        let expected = "a redis://, valkey:// or redis+unix:// URL; TLS is not built in";
        let malformed = |_| ConfigError::Malformed { what, expected };
        let info = url.into_connection_info().map_err(malformed)?;
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        let socket = info.tcp_settings().clone().set_nodelay(true);
        let info = info.set_redis_settings(settings).set_tcp_settings(socket);
        if key.is_empty() {
            let (what, expected) = ("key of the shared rate", "at least one character");
            return Err(ConfigError::Malformed { what, expected });
        }
        let client = Client::open(info).map_err(malformed)?;
        let script = Script::new(include_str!("gcra.lua"));
        Ok(Self { client, script, key: key.into(), terms })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Where the server is, without user and password.
    pub(super) fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Asks over `link`, and over a new connection if there is none or it has died.
    ///
    /// # Errors
    ///
    /// Each connection is given [`ANSWER_WITHIN`]; one that failed is closed.
    pub(super) async fn ask(
        &self,
        link: &mut Option<Link>,
        ask: &Ask,
    ) -> Result<Answer, SharedRateError> {
        if let Some(old) = link.take() {
            match self.ask_over(Some(old), ask).await {
                // A connection may have died while nobody used it. What the server granted and
                // could not say is lost.
                Err(SharedRateError::Outage { .. }) => {}
                answered => return self.keep(link, answered),
            }
        }
        let answered = self.ask_over(None, ask).await;
        self.keep(link, answered)
    }

    fn keep(
        &self,
        link: &mut Option<Link>,
        answered: Result<(Answer, Link), SharedRateError>,
    ) -> Result<Answer, SharedRateError> {
        let (answer, used) = answered?;
        *link = Some(used);
        Ok(answer)
    }

    async fn ask_over(
        &self,
        link: Option<Link>,
        ask: &Ask,
    ) -> Result<(Answer, Link), SharedRateError> {
        let talk = async {
            let mut link = match link {
                Some(link) => link,
                None => self.connect().await?,
            };
            let mut question = self.script.prepare_invoke();
            question.key(&*self.key).arg(self.terms.interval_us).arg(self.terms.burst);
            question.arg(ask.wanted).arg(ask.elsewhere).arg(ask.told);
            let reply: Vec<i64> = question.invoke_async(&mut link).await?;
            Ok((reply, link))
        };
        // The parser meets bytes of whoever listens there. A panic of it must not end the task that
        // everybody waits for.
        match timeout(ANSWER_WITHIN, catch_panic(talk)).await {
            Err(_) => Err(self.outage(format!("no answer within {ANSWER_WITHIN:?}"))),
            Ok(Err(panic)) => {
                Err(self.outage(format!("its answer made the client panic: {panic}")))
            }
            Ok(Ok(Err(error))) => Err(self.error(&error)),
            Ok(Ok(Ok((reply, link)))) => Ok((self.read(&reply, ask)?, link)),
        }
    }

    /// Connects without limits on the time, which [`ask_over`](Self::ask_over) sets.
    async fn connect(&self) -> Result<Link, RedisError> {
        let config = AsyncConnectionConfig::new();
        let config = config.set_connection_timeout(None).set_response_timeout(None);
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    fn read(&self, reply: &[i64], ask: &Ask) -> Result<Answer, SharedRateError> {
        let Terms { interval_us, burst } = self.terms;
        match *reply {
            [-1, interval, other] => Err(self.refused(format!(
                "the key has an interval of {interval} us and a burst of {other}, \
                 here they are {interval_us} us and {burst}"
            ))),
            [-2, ..] => Err(self.refused("the key holds something that is no rate limit".into())),
            [granted, now, arrival] => Answer::new(granted, now, arrival, ask, self.terms)
                .ok_or_else(|| self.outage("its answer makes no sense".into())),
            _ => Err(self.outage("its answer makes no sense".into())),
        }
    }

    fn error(&self, error: &RedisError) -> SharedRateError {
        let code = error.code().unwrap_or_default();
        match error.kind() {
            ErrorKind::AuthenticationFailed => self.refused("wrong user or password".into()),
            ErrorKind::Server(
                ServerErrorKind::NoPerm
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask
                | ServerErrorKind::CrossSlot,
            ) => self.refused(error.to_string()),
            ErrorKind::Extension if matches!(code, "NOAUTH" | "WRONGPASS" | "DENIED") => {
                self.refused(error.to_string())
            }
            // What such an error quotes may be what was sent.
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
                self.outage("it does not answer as a Redis server does".into())
            }
            _ => self.outage(error.to_string()),
        }
    }

    fn outage(&self, reason: String) -> SharedRateError {
        SharedRateError::Outage { server: self.address(), reason: self.tellable(&reason) }
    }

    fn refused(&self, reason: String) -> SharedRateError {
        SharedRateError::Refused { server: self.address(), reason: self.tellable(&reason) }
    }

    /// `reason` in one line of bounded length and without the password, whoever wrote it.
    fn tellable(&self, reason: &str) -> String {
        let password = self.client.get_connection_info().redis_settings().password();
        let reason = match password.filter(|password| !password.is_empty()) {
            Some(password) => reason.replace(password, "***"),
            None => reason.to_owned(),
        };
        let printable = |char: char| if char.is_control() { ' ' } else { char };
        reason.chars().take(REASON_CHARS).map(printable).collect()
    }
}

impl Answer {
    /// What the three numbers say, `None` if they cannot be an answer to `ask`.
    fn new(granted: i64, now: i64, arrival: i64, ask: &Ask, terms: Terms) -> Option<Self> {
        let granted = u32::try_from(granted).ok().filter(|granted| *granted <= ask.wanted)?;
        let now_us = u64::try_from(now).ok()?;
        let arrival_us = u64::try_from(arrival).ok()?;
        let sensible = now_us <= arrival_us
            && arrival_us - now_us <= terms.capacity_us()
            && SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(now_us)).is_some();
        // Tokens held back would be asked for again at once, and again.
        let answer = Self { granted, now_us, arrival_us };
        (sensible && (granted == ask.wanted || !answer.wait(terms).is_zero())).then_some(answer)
    }

    /// An answer at the first second, with the bucket full again after `ahead_us`.
    #[cfg(test)]
    pub(super) fn told(granted: u32, ahead_us: u64, ask: &Ask) -> Self {
        assert!(granted <= ask.wanted);
        Self { granted, now_us: 1_000_000, arrival_us: 1_000_000 + ahead_us }
    }

    /// The moment of the answer.
    pub(super) fn at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(self.now_us)
    }

    /// How long after the answer the next token is there.
    pub(super) fn wait(&self, terms: Terms) -> Duration {
        let free_at = self.arrival_us + terms.interval_us;
        Duration::from_micros(free_at.saturating_sub(self.now_us + terms.capacity_us()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RateConfig;

    fn server(url: &str, key: &str) -> Result<Server, ConfigError> {
        Server::new(url, key, Terms::new(RateConfig::per_second(100.0).with_burst(2)).unwrap())
    }

    #[test]
    fn an_address_that_cannot_work_is_refused_and_not_repeated() {
        let urls =
            ["", "host:6379", "http://user:hunter2@host", "rediss://:hunter2@host", "redis://"];
        for url in urls.into_iter().chain(["redis://0.0.0.0", "redis://:hunter2@host/db"]) {
            let error = server(url, "key").err().expect(url).to_string();
            assert!(error.contains("redis://") && !error.contains("hunter2"), "{error}");
        }
        assert!(server("redis://host", "").is_err());
        for url in ["redis://host", "valkey://[::1]:7000/2", "redis://user:p%40ss@10.0.0.1/1"] {
            assert!(server(url, "key").is_ok(), "{url}");
        }
        assert_eq!(server("redis+unix:///run/redis.sock", "key").is_ok(), cfg!(unix));
    }

    #[test]
    fn reasons_are_short_clean_and_without_the_password() {
        let server = server("redis://user:p%40ss@host:7000", "key").unwrap();
        let error = server.outage(format!("ERR args: p@ss\r\n\x1b[31m{}", "x".repeat(1_000)));
        let SharedRateError::Outage { server, reason } = &error else { panic!("{error}") };
        assert_eq!(server, "host:7000");
        assert!(reason.starts_with("ERR args: ***   [31mxx"), "{reason}");
        assert_eq!(reason.chars().count(), REASON_CHARS);
    }

    #[test]
    fn answers_that_make_no_sense_are_an_outage() {
        let server = server("redis://host", "key").unwrap();
        let ask = Ask { wanted: 2, elsewhere: 0, told: 0 };
        let read = |reply: &[i64]| server.read(reply, &ask);
        assert!(read(&[2, 50_000, 70_000]).is_ok());
        let outages: [&[i64]; 10] = [
            &[],
            &[1],
            &[3, 50_000, 70_000],
            &[-3, 50_000, 70_000],
            &[1, -1, 70_000],
            &[1, 50_000, 49_999],
            &[1, 50_000, 70_001],
            &[1, 0, i64::MAX],
            &[1, 50_000, 70_000, 0],
            &[1, 50_000, 60_000],
        ];
        for reply in outages {
            assert!(matches!(read(reply), Err(SharedRateError::Outage { .. })), "{reply:?}");
        }
        let refused = read(&[-1, 5_000, 9]).unwrap_err().to_string();
        assert!(refused.contains("5000 us") && refused.contains("burst of 9"), "{refused}");
        assert!(matches!(read(&[-2, 0, 0]), Err(SharedRateError::Refused { .. })));
    }

    #[test]
    fn the_wait_is_for_the_next_token() {
        let terms = Terms { interval_us: 10_000, burst: 2 };
        let wait = |arrival_us| Answer { granted: 0, now_us: 1_000_000, arrival_us }.wait(terms);
        assert_eq!(wait(1_020_000), Duration::from_millis(10), "the bucket is empty");
        assert_eq!(wait(1_010_001), Duration::from_micros(1));
        assert_eq!(wait(1_010_000), Duration::ZERO, "a token is there");
    }
}
