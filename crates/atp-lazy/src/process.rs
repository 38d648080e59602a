//! What starting a command costs, from spawn to exit.

mod usage;

use crate::error::MeasureError;
use crate::measure::Spread;
use atp_table::{Column, Table, bytes, duration};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use usage::Usage;

/// What the runs of one command cost.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ProcessStartup {
    /// How many runs were measured.
    pub runs: usize,
    /// From the call that spawns to the one that sees the exit.
    pub wall: Spread<Duration>,
    /// User and system time of the process and of the children that it waited for. Absent where
    /// the operating system does not tell.
    pub cpu: Option<Spread<Duration>>,
    /// The highest resident set of the process, or of a child that it waited for.
    ///
    /// Absent where the operating system does not tell, and where it cannot be known: a child
    /// begins inside its parent's memory, so the kernel's figure never falls below the peak of
    /// the process that measures. Only a figure more than an eighth above that peak is taken for
    /// the command's own.
    pub peak_rss_bytes: Option<Spread<u64>>,
}

/// Runs `command` first `warmup` times and then `iterations` times, each until it ends, and
/// returns what the measured runs cost.
///
/// Standard input, output and error of the command are set to null, so that it neither waits for
/// a reader nor for a writer. It has to end by itself: there is no time limit.
///
/// # Errors
///
/// [`MeasureError::NoIterations`], [`MeasureError::Run`] if it does not start, and
/// [`MeasureError::Failed`] if a run, warm-up or measured, does not end with success.
///
/// # Examples
///
/// ```
/// # #[cfg(unix)] {
/// use atp_lazy::measure_process_startup;
/// use std::process::Command;
///
/// let startup = measure_process_startup(&mut Command::new("true"), 1, 3)?;
/// println!("{}", startup.format_report());
/// assert_eq!(startup.runs, 3);
/// # }
/// # Ok::<(), atp_lazy::MeasureError>(())
/// ```
pub fn measure_process_startup(
    command: &mut Command,
    warmup: usize,
    iterations: usize,
) -> Result<ProcessStartup, MeasureError> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if iterations == 0 {
        return Err(MeasureError::NoIterations);
    }
    for run in 1..=warmup {
        run_once(command, run)?;
    }
    let mut walls = Vec::new();
    let mut usages = Vec::new();
    for run in 1..=iterations {
        let (wall, usage) = run_once(command, warmup + run)?;
        walls.push(wall);
        usages.push(usage);
    }
    // A figure that one run lacks is absent: the others alone might be a choice of the slow ones.
    let cpu: Option<Vec<_>> = usages.iter().map(|usage| usage.cpu).collect();
    let rss: Option<Vec<_>> = usages.iter().map(|usage| usage.peak_rss_bytes).collect();
    Ok(ProcessStartup {
        runs: iterations,
        wall: Spread::of_times(&walls)?,
        cpu: cpu.map(|cpu| Spread::of_times(&cpu)).transpose()?,
        peak_rss_bytes: rss.map(|rss| Spread::of_bytes(&rss)).transpose()?,
    })
}

fn run_once(command: &mut Command, run: usize) -> Result<(Duration, Usage), MeasureError> {
    let program = |command: &Command| command.get_program().to_string_lossy().into_owned();
    let begin = Instant::now();
    let ended = command.spawn().and_then(usage::wait);
    let wall = begin.elapsed();
    match ended {
        Err(source) => Err(MeasureError::Run { program: program(command), source }),
        Ok((status, _)) if !status.success() => {
            Err(MeasureError::Failed { program: program(command), status, run })
        }
        Ok((_, usage)) => Ok((wall, usage)),
    }
}

impl ProcessStartup {
    /// Returns the figures as a table; what is absent shows as `-`.
    #[must_use]
    pub fn format_report(&self) -> String {
        let columns = ["Median", "Deviation", "Mean", "Min", "Max"].map(Column::right);
        let mut table = Table::new([Column::left("Cost")].into_iter().chain(columns));
        table.push(row("wall", Some(self.wall), duration));
        table.push(row("CPU", self.cpu, duration));
        table.push(row("peak RSS", self.peak_rss_bytes, bytes));
        format!("{} runs, spawn to exit\n\n{table}", self.runs)
    }
}

fn row<T>(name: &str, spread: Option<Spread<T>>, text: fn(T) -> String) -> [String; 6] {
    let Some(Spread { median, deviation, mean, min, max }) = spread else {
        return [name, "-", "-", "-", "-", "-"].map(str::to_owned);
    };
    [name.to_owned(), text(median), text(deviation), text(mean), text(min), text(max)]
}
