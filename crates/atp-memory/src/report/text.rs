//! The report as text.

use super::{MemoryReport, Sampling, Source};
use crate::estimate::Estimate;
use crate::growth::Growth;
use crate::snapshot::{HeapDiff, HeapSnapshot, MemoryDiff, MemorySnapshot};
use atp_table::{Column, Table, bytes, duration, heading, signed_bytes};
use std::fmt::{self, Formatter};

/// How many call sites are printed.
const SITES: usize = 10;

/// A figure that was not measured.
const ABSENT: &str = "-";

pub(super) fn write(report: &MemoryReport, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(&heading("Memory Usage Report", 80))?;
    summary(report, f)?;
    if !report.snapshots.is_empty() {
        timeline(&report.snapshots, report.dropped_snapshots, f)?;
    }
    if !report.changes.is_empty() {
        changes(&report.changes, f)?;
    }
    match &report.sampling {
        Some(sampling) => top_allocators(sampling, f)?,
        None => f.write_str("\nTop allocators: not sampled\n")?,
    }
    report.growth.as_ref().map_or(Ok(()), |growth| growing(growth, f))
}

fn summary(report: &MemoryReport, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "Duration:   {}", duration(report.duration))?;
    let source = match report.source {
        Source::Allocator => "heap and RSS",
        Source::RssOnly => "RSS only (no TrackingAllocator is installed, the heap is not measured)",
    };
    writeln!(f, "Source:     {source}")?;
    writeln!(f, "Net change: {}", signed(report.net_memory_change_bytes()))?;
    writeln!(f, "Allocated:  {}", unsigned(report.allocated_bytes()))?;
    writeln!(f, "Freed:      {}", unsigned(report.freed_bytes()))?;
    let last = report.snapshots.last().and_then(|snapshot| snapshot.heap);
    writeln!(
        f,
        "Peak heap:  {}",
        last.map_or_else(absent, |h| with_error(h.peak_bytes, h.peak_error_bytes))
    )?;
    writeln!(f, "RSS change: {}", signed(report.net_rss_change_bytes()))
}

fn timeline(snapshots: &[MemorySnapshot], dropped: u64, f: &mut Formatter<'_>) -> fmt::Result {
    let names = ["at", "heap", "heap peak", "blocks", "RSS", "RSS peak", "retained"];
    let mut table = table("snapshot", &names);
    for snapshot in snapshots {
        let heap = |figure: fn(&HeapSnapshot) -> String| {
            snapshot.heap.as_ref().map_or_else(absent, figure)
        };
        table.push([
            snapshot.label.to_string(),
            duration(snapshot.at),
            heap(|heap| bytes(heap.live_bytes)),
            heap(|heap| bytes(heap.peak_bytes)),
            heap(|heap| heap.live_blocks.to_string()),
            unsigned(snapshot.rss_bytes),
            unsigned(snapshot.peak_rss_bytes),
            snapshot.retained_bytes().map_or_else(absent, retained),
        ]);
    }
    write!(f, "\nTimeline\n{table}")?;
    if dropped > 0 {
        writeln!(
            f,
            "{dropped} more snapshots were dropped; what changed at them is in the next one"
        )?;
    }
    Ok(())
}

fn changes(changes: &[MemoryDiff], f: &mut Formatter<'_>) -> fmt::Result {
    let mut table = table("change", &["net", "allocated", "freed", "peak", "RSS"]);
    for diff in changes {
        let heap = |figure: fn(&HeapDiff) -> String| diff.heap.as_ref().map_or_else(absent, figure);
        table.push([
            format!("{} -> {}", diff.from, diff.to),
            signed(diff.net_change_bytes()),
            heap(|heap| bytes(heap.counts.allocated_bytes)),
            heap(|heap| bytes(heap.counts.freed_bytes)),
            heap(|heap| with_error(heap.peak_bytes, heap.peak_error_bytes)),
            signed(diff.rss_change_bytes),
        ]);
    }
    write!(f, "\nChanges\n{table}")
}

fn top_allocators(sampling: &Sampling, f: &mut Formatter<'_>) -> fmt::Result {
    let how = if sampling.exact {
        "every block".to_owned()
    } else if sampling.interval_bytes == 1 {
        "every block, with gaps: see below".to_owned()
    } else {
        let interval = bytes(sampling.interval_bytes);
        format!("{} samples, one in {interval}, 95 % intervals", sampling.samples)
    };
    let mut table = table("function", &["live", "blocks", "total", "blocks"]);
    for site in sampling.sites.iter().take(SITES) {
        table.push([
            site.name.clone(),
            estimated(&site.live_bytes, bytes),
            estimated(&site.live_blocks, |blocks| blocks.to_string()),
            estimated(&site.total_bytes, bytes),
            estimated(&site.total_blocks, |blocks| blocks.to_string()),
        ]);
    }
    write!(f, "\nTop allocators ({how})\n{table}")?;
    for (count, what) in [
        (sampling.sites.len().saturating_sub(SITES) as u64, "more call sites"),
        (sampling.dropped_samples, "samples were dropped: the table of live blocks is full"),
        (sampling.unplaced_samples, "samples have no call site: the table of stacks is full"),
        (sampling.unsampled_bytes, "bytes were allocated by threads that are not sampled"),
    ] {
        if count > 0 {
            writeln!(f, "{count} {what}")?;
        }
    }
    Ok(())
}

fn growing(growth: &[Growth], f: &mut Formatter<'_>) -> fmt::Result {
    if growth.is_empty() {
        return f.write_str("\nGrowth: none found\n");
    }
    let mut table = table("function", &["a second", "from", "to", "snapshots"]);
    for site in growth.iter().take(SITES) {
        table.push([
            site.function.clone(),
            signed_bytes(site.bytes_per_second as i64),
            bytes(site.first_bytes),
            bytes(site.last_bytes),
            site.snapshots.to_string(),
        ]);
    }
    write!(f, "\nGrowth (live bytes that kept rising; not proof of a leak)\n{table}")
}

fn table(first: &str, others: &[&str]) -> Table {
    let others = others.iter().map(|name| Column::right(*name));
    Table::new(std::iter::once(Column::left(first)).chain(others))
}

fn absent() -> String {
    ABSENT.to_owned()
}

fn signed(figure: Option<i64>) -> String {
    figure.map_or_else(absent, signed_bytes)
}

fn unsigned(figure: Option<u64>) -> String {
    figure.map_or_else(absent, bytes)
}

fn retained(figure: i64) -> String {
    let sign = if figure < 0 { "-" } else { "" };
    format!("{sign}{}", bytes(figure.unsigned_abs()))
}

fn with_error(figure: u64, error: u64) -> String {
    if error == 0 { bytes(figure) } else { format!("{} +-{}", bytes(figure), bytes(error)) }
}

fn estimated(estimate: &Estimate, unit: fn(u64) -> String) -> String {
    if estimate.is_exact() {
        unit(estimate.value)
    } else {
        format!("{} +-{}", unit(estimate.value), unit(estimate.margin()))
    }
}
