//! One run of an agent that is a process.

use super::launch::Launch;
use super::leader::End;
use super::pump::{Moved, Pump};
use super::tree::Tree;
use crate::adapter::Run;
use crate::answer::{Answer, Measured};
use crate::error::{AdapterError, ExitReason, Failure};
use crate::reply;
use crate::sink::{EventFeed, EventSink};
use crate::watch::Watch;
use serde_json::value::RawValue;
use std::pin::pin;
use std::time::Instant;
use tokio::time::sleep;

/// Starts the agent, sends it the request, listens until it ends, and ends what it left.
pub(crate) async fn talk(
    mut launch: Launch,
    run: &Run<'_>,
    events: &mut dyn EventSink,
) -> Result<Answer, AdapterError> {
    let begun = Instant::now();
    let mut watch = Watch::begin(run, launch.timeout);
    let (request, bounds) = (std::mem::take(&mut launch.request), launch.bounds);
    let endpoint = launch.program.clone();
    let feed = EventFeed::new(&run.request.task_id, events);
    let feed = feed.with_secrets(launch.environment.secrets());
    let mut tree = Tree::start(launch).await?;
    let pump = Pump::new(tree.leader().child(), request, bounds, feed);
    let mut pump =
        pump.map_err(|error| Failure::Connection { endpoint, reason: error.to_string() })?;
    let spawned = Instant::now();

    let heard = listen(&mut tree, &mut pump, &mut watch).await;
    let agent_ended = heard.as_ref().map_or_else(|_| Instant::now(), |heard| heard.ended);
    let has_succeeded = heard.is_ok() && tree.end().is_some_and(|end| end.status.success());
    let settled = tree.settle(&mut pump, watch.limits(), !has_succeeded).await;

    let end = tree.end();
    let measured = Measured {
        spawn: spawned - begun,
        agent: agent_ended - spawned,
        cleanup: agent_ended.elapsed(),
        cpu: end.and_then(|end| end.cpu),
        peak_rss_bytes: end.and_then(|end| end.peak_rss_bytes),
        events: pump.feed().events(),
        invalid_events: pump.feed().invalid(),
        leaky: heard
            .as_ref()
            .is_ok_and(|heard| heard.left_pipes_open || settled.ended + settled.remaining > 0),
        ended: settled.ended,
        remaining: settled.remaining,
    };
    let secrets = tree.launch().environment.secrets();
    let stderr = pump.tail().text(secrets);
    let answer = if measured.leaky { first_value(pump.answer()) } else { pump.answer() };
    let judged = match (heard, end) {
        (Err(failure), _) => Err(failure),
        (Ok(_), Some(End { status, .. })) if !status.success() => {
            Err(Failure::Exit { status: ExitReason::of(status), stderr: stderr.clone() })
        }
        (Ok(Heard { surplus: Some(failure), .. }), _) if answer.len() == pump.answer().len() => {
            Err(failure)
        }
        (Ok(_), _) if answer.trim_ascii().is_empty() => {
            Err(Failure::NoResponse { stderr: stderr.clone() })
        }
        (Ok(_), _) => reply::response(answer, &run.request.task_id, secrets),
    };
    match judged {
        Ok(response) => Ok(Answer { response, measured, stderr }),
        Err(failure) => Err(AdapterError::new(failure, measured)),
    }
}

/// How listening to an agent came to its end that ended by itself.
struct Heard {
    ended: Instant,
    left_pipes_open: bool,
    /// More than a response may have came after the end, of the agent or of what it left.
    surplus: Option<Failure>,
}

/// Leaves out what a process that goes on wrote behind the agent's answer.
fn first_value(answer: &[u8]) -> &[u8] {
    let mut values = serde_json::Deserializer::from_slice(answer).into_iter::<&RawValue>();
    match values.next() {
        Some(Ok(_)) => &answer[..values.byte_offset()],
        _ => answer,
    }
}

/// Listens until the agent has ended and its pipes are at their end, or are left open by it.
async fn listen(tree: &mut Tree, pump: &mut Pump<'_>, watch: &mut Watch) -> Result<Heard, Failure> {
    loop {
        let open = pump.is_open();
        tokio::select! {
            biased;
            failure = watch.end() => return Err(failure),
            ended = tree.leader().ended() => {
                // Fails only for a child that somebody else has reaped: how it ended is lost.
                ended.map_err(|error| Failure::Other(format!("lost the agent: {error}")))?;
                break;
            }
            moved = pump.step(), if open => if moved? == Moved::Out {
                watch.sign_of_life();
            }
        }
    }
    let ended = Instant::now();
    pump.close_stdin();
    let mut over = pin!(sleep(watch.limits().drain));
    let mut surplus = None;
    while pump.is_open() {
        tokio::select! {
            biased;
            () = &mut over => break,
            moved = pump.step() => surplus = surplus.or(moved.err()),
        }
    }
    Ok(Heard { ended, left_pipes_open: pump.is_open(), surplus })
}
