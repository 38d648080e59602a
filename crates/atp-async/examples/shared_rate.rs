//! Measures a shared limit: two processes at 100 per second with a burst of 2, before a server of
//! its own on the loopback.
//!
//! `cargo run --release -p atp-async --features redis --example shared_rate -- [SECONDS]`
//!
//! Prints which part of the rate the two get together, and how far the worst window gets above
//! `rate * time + burst`, both by the server's clock.
#![expect(clippy::print_stdout, reason = "it talks to who started it")]

use atp_async::{OutagePolicy, RateConfig, RateGrant, SharedRateLimiter};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};
use std::{env, thread};

const RATE: u32 = 100;
const BURST: u32 = 2;
/// Tasks in each process that take one token after another.
const TASKS: usize = 4;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let words = Vec::from_iter(env::args().skip(1));
    match words.as_slice() {
        [role, url, seconds] if role == "worker" => work(url, seconds.parse()?),
        [] => measure(20),
        [seconds] => measure(seconds.parse()?),
        _ => Err("usage: shared_rate [SECONDS]".into()),
    }
}

fn measure(seconds: u64) -> Outcome<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let server = Running(serve(port)?);
    await_server(port)?;
    let url = format!("redis://127.0.0.1:{port}");
    let mut workers = Vec::new();
    for _ in 0..2 {
        let mut command = Command::new(env::current_exe()?);
        command.args(["worker", &url, &seconds.to_string()]).stdout(Stdio::piped());
        workers.push(Running(command.spawn()?));
    }
    let mut moments = Vec::new();
    for worker in &mut workers {
        let before = moments.len();
        for line in BufReader::new(worker.0.stdout.take().ok_or("no output")?).lines() {
            moments.push(line?.parse::<i64>()?);
        }
        println!("a process had {} tokens", moments.len() - before);
    }
    drop(server);
    moments.sort_unstable();
    report(&moments)
}

/// Prints the part of the rate that was used between the first and the last token, and the worst
/// window.
fn report(moments: &[i64]) -> Outcome<()> {
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return Err("there was no token".into());
    };
    let seconds = (last - first) as f64 / 1e6;
    let interval = 1e6 / f64::from(RATE);
    let (mut lowest, mut worst) = (f64::INFINITY, f64::NEG_INFINITY);
    for (count, at) in moments.iter().enumerate() {
        let ahead = count as f64 - (at - first) as f64 / interval;
        lowest = lowest.min(ahead);
        worst = worst.max(ahead - lowest + 1.0);
    }
    // The burst was there at the beginning, so it is no part of the rate.
    let share = (moments.len() as f64 - f64::from(BURST)) / (f64::from(RATE) * seconds);
    println!("{} tokens in {seconds:.3} s: {:.2} % of the rate", moments.len(), share * 100.0);
    println!("worst window: {:+.4} tokens against rate * time + burst", worst - f64::from(BURST));
    Ok(())
}

#[tokio::main]
async fn work(url: &str, seconds: u64) -> Outcome<()> {
    let rate = RateConfig::per_second(RATE.into()).with_burst(BURST);
    let limiter = SharedRateLimiter::new(url, "atp:measure", rate, OutagePolicy::Closed)?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let tasks = Vec::from_iter((0..TASKS).map(|_| tokio::spawn(take(limiter.clone(), until))));
    for task in tasks {
        for moment in task.await?? {
            println!("{moment}");
        }
    }
    Ok(())
}

/// The moments of all tokens that one task gets.
async fn take(limiter: SharedRateLimiter, until: Instant) -> Outcome<Vec<u128>> {
    let mut moments = Vec::new();
    while Instant::now() < until {
        let RateGrant::Shared { at } = limiter.acquire().await? else { continue };
        moments.push(at.duration_since(SystemTime::UNIX_EPOCH)?.as_micros());
    }
    Ok(moments)
}

fn serve(port: u16) -> Outcome<Child> {
    for program in ["redis-server", "valkey-server"] {
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--appendonly", "no"]);
        if let Ok(child) = command.current_dir(env::temp_dir()).stdout(Stdio::null()).spawn() {
            return Ok(child);
        }
    }
    Err("neither redis-server nor valkey-server is installed".into())
}

fn await_server(port: u16) -> Outcome<()> {
    for _ in 0..1_000 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Err("the server does not start".into())
}

/// A process that ends with the measurement.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
