//! An agent that does what its configuration says.

use crate::adapter::{Adapter, BoxFuture, Run};
use crate::answer::{Answer, Measured};
use crate::config::{ConfigDescription, ConfigError, ConfigField, Settings};
use crate::error::{AdapterError, Failure};
use crate::reply;
use crate::secrets::Secrets;
use crate::sink::{EventFeed, EventSink};
use crate::watch::Watch;
use atp_protocol::{Response, Status};
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Sends scripted events, waits on tokio's clock, and answers or fails as its configuration says.
///
/// `steps` is a list of objects with one key each: `event` with an event to send, of which only
/// the payload must be there, `line` with text to send as it is, valid or not, or `wait` with
/// seconds to wait. They are gone through `repeat` times. Then it waits for `delay` seconds and
/// fails with the text of `fail`, in its first `fail_times` runs or in all, or answers with
/// `response`, into which the task of the request is filled in, and `completed` if it has no
/// status.
///
/// ```
/// use atp_adapter::builtin::Script;
/// use serde_json::json;
///
/// let agent = Script::from_config(&json!({
///     "steps": [{"event": {"payload": {"message": "thinking"}}}, {"wait": 0.1}],
///     "repeat": 3,
///     "response": {"metrics": {"total_tokens": 42}},
/// }))?;
/// # Ok::<(), atp_adapter::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Script {
    steps: Vec<Step>,
    repeat: u64,
    delay: Duration,
    /// The text of the failure, and how many more runs fail.
    failure: Option<(String, AtomicU64)>,
    response: Map<String, Value>,
}

#[derive(Debug)]
enum Step {
    Send(Vec<u8>),
    Wait(Duration),
}

impl Script {
    pub(crate) const CONFIG: ConfigDescription = ConfigDescription::new(
        "Sends scripted events and answers as it is told, in process.",
        &[
            ConfigField::new(
                "steps",
                "a list of objects with one of event, line and wait",
                "What it does before it answers.",
            ),
            ConfigField::new("repeat", "an integer from 0", "How often it goes through them.")
                .or("1"),
            ConfigField::new("delay", "seconds from 0", "How long it waits before it answers."),
            ConfigField::new("fail", "text", "Makes it fail, with this message."),
            ConfigField::new(
                "fail_times",
                "an integer from 0",
                "How many runs fail before it answers; all without it.",
            ),
            ConfigField::new("response", "an object", "Its response, without the task.")
                .or("{\"status\": \"completed\"}"),
        ],
    );

    /// Builds the agent that `config` describes.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the place in it.
    pub fn from_config(config: &Value) -> Result<Self, ConfigError> {
        let settings = Settings::new("builtin:script", &Self::CONFIG, config)?;
        let steps = settings.read("steps", Value::as_array)?.map_or(&[][..], Vec::as_slice);
        let steps = steps.iter().enumerate().map(|(index, step)| {
            let place = format!("steps[{index}]");
            Step::read(step).ok_or_else(|| {
                let expected = "an object with an event, a line, or seconds to wait";
                settings.invalid(&place, expected, "something else".into())
            })
        });
        let fail_times = settings.count("fail_times", 0, u64::MAX)?;
        let failure = match (settings.text("fail")?, fail_times) {
            (Some(text), times) => Some((text.into(), AtomicU64::new(times.unwrap_or(u64::MAX)))),
            (None, None) => None,
            (None, Some(_)) => {
                let expected = "a message beside fail_times";
                return Err(settings.invalid("fail", expected, "nothing".into()));
            }
        };
        Ok(Self {
            steps: steps.collect::<Result<_, _>>()?,
            repeat: settings.count("repeat", 0, u64::MAX)?.unwrap_or(1),
            delay: settings.pause("delay")?.unwrap_or_default(),
            failure,
            response: settings.read("response", Value::as_object)?.cloned().unwrap_or_default(),
        })
    }

    async fn play(&self, watch: &mut Watch, feed: &mut EventFeed<'_>) -> Result<(), Failure> {
        let rounds = if self.steps.is_empty() { 0 } else { self.repeat };
        let mut steps = 0_u64;
        for _ in 0..rounds {
            for step in &self.steps {
                match step {
                    Step::Send(line) => {
                        watch.sign_of_life();
                        feed.line(line);
                    }
                    Step::Wait(time) => watch.over(tokio::time::sleep(*time)).await?,
                }
                // Others get their turn, and limits of time are kept, in a script that never waits.
                steps += 1;
                if steps.is_multiple_of(256) {
                    watch.over(tokio::task::yield_now()).await?;
                }
            }
        }
        if !self.delay.is_zero() {
            watch.over(tokio::time::sleep(self.delay)).await?;
        }
        let fails_once_more = |times: u64| times.checked_sub(1);
        match &self.failure {
            Some((text, times))
                if times.fetch_update(Relaxed, Relaxed, fails_once_more).is_ok() =>
            {
                Err(Failure::Other(text.clone()))
            }
            _ => Ok(()),
        }
    }

    fn response(&self, task_id: &str) -> Result<Response, Failure> {
        if self.response.is_empty() {
            return Ok(Response::new(task_id, Status::Completed));
        }
        let mut response = self.response.clone();
        response.entry("task_id").or_insert_with(|| task_id.into());
        response.entry("status").or_insert_with(|| "completed".into());
        let text = Value::Object(response).to_string();
        reply::response(text.as_bytes(), task_id, &Secrets::default())
    }
}

impl Adapter for Script {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        Box::pin(async move {
            let mut watch = Watch::begin(&run, None);
            let mut feed = EventFeed::new(&run.request.task_id, events);
            let played = self.play(&mut watch, &mut feed).await;
            let measured = Measured {
                agent: watch.elapsed(),
                events: feed.events(),
                invalid_events: feed.invalid(),
                ..Measured::default()
            };
            let response = played.and_then(|()| self.response(&run.request.task_id));
            match response {
                Ok(response) => Ok(Answer::new(response, measured)),
                Err(failure) => Err(AdapterError::new(failure, measured)),
            }
        })
    }

    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Step {
    fn read(step: &Value) -> Option<Self> {
        let step = step.as_object().filter(|step| step.len() == 1)?;
        let (key, value) = step.iter().next()?;
        match (key.as_str(), value) {
            ("event", Value::Object(_)) => Some(Self::Send(value.to_string().into_bytes())),
            ("line", Value::String(line)) => Some(Self::Send(line.clone().into_bytes())),
            ("wait", Value::Number(seconds)) => {
                Duration::try_from_secs_f64(seconds.as_f64()?).ok().map(Self::Wait)
            }
            _ => None,
        }
    }
}
