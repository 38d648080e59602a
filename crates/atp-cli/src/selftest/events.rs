//! What an event costs, and whether later ones cost more.

use super::{
    Failure,
    stage::Stage,
    target::{Limit, Target},
};
use atp_adapter::{Adapter, AdapterError, Answer, BoxFuture, EventFeed, EventSink, Measured, Run};
use atp_protocol::{Response, Status};
use atp_runner::Agent;
use rustix::time::{ClockId, clock_gettime};
use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

/// Parts of a run of which each is measured by itself.
const PARTS: u64 = 20;
/// How much more an event of the second half may cost. What keeps looking through all that came
/// before costs three times as much there.
const LIMIT: f64 = 1.5;

/// Sends events as fast as they are taken, and measures the CPU time of each part.
#[derive(Debug)]
struct Torrent {
    events: u64,
    seconds: Mutex<Vec<f64>>,
}

/// Measures a run of so many events: each of them is parsed, checked and written to a journal.
pub(super) fn measure(stage: &Stage, events: u64) -> Result<Target, Failure> {
    let torrent = Arc::new(Torrent { events, seconds: Mutex::default() });
    let agent = Agent::new("torrent", "builtin:torrent", Arc::clone(&torrent) as Arc<dyn Adapter>);
    let recording = stage.play(1, 1, agent)?;
    let taken: u64 = recording.runs.iter().map(|run| run.events).sum();
    let lost: u64 =
        recording.runs.iter().map(|run| run.dropped_events + run.misordered_events).sum();
    if (taken, lost) != (events, 0) {
        return Err(format!("of {events} events {taken} were taken and {lost} of them lost").into());
    }
    let seconds = torrent.seconds.lock().unwrap_or_else(PoisonError::into_inner);
    let (first, second) = seconds.split_at(seconds.len() / 2);
    let growth = atp_stats::median(second)? / atp_stats::median(first)?;
    let a_second = events as f64 / seconds.iter().sum::<f64>();
    let name = format!("{events} events, {}/s", atp_table::count(a_second));
    Ok(Target::new(&name, "no degradation, < 1.5x", Limit::TimesBelow(LIMIT), growth))
}

impl Torrent {
    /// Sends the events of one part.
    fn send(&self, part: u64, feed: &mut EventFeed<'_>) {
        let mut line = Vec::new();
        let began = cpu_seconds();
        for number in part * self.events / PARTS..(part + 1) * self.events / PARTS {
            line.clear();
            let written = write!(
                line,
                r#"{{"sequence":{number},"event_type":"tool_call","payload":{{"tool":"search","input":{{"query":"tidal power"}},"status":"success"}}}}"#
            );
            written.expect("memory takes what is written");
            feed.line(&line);
        }
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        seconds.push(cpu_seconds() - began);
    }
}

impl Adapter for Torrent {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        Box::pin(async move {
            let mut feed = EventFeed::new(&run.request.task_id, events);
            for part in 0..PARTS {
                self.send(part, &mut feed);
                tokio::task::yield_now().await;
            }
            let mut measured = Measured::default();
            measured.events = feed.events();
            Ok(Answer::new(Response::new(&*run.request.task_id, Status::Completed), measured))
        })
    }

    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The CPU time of the process: that of the journal's writer is in it, that of others is not.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
