//! Who allocated: sampled stacks with their names, and what they add up to.

mod symbols;

use crate::allocator::sampler::{self, StackId, Sums};
use crate::estimate::Estimate;
use std::collections::HashMap;
use std::io;
use symbols::{StackFrame, Symbols};

/// What a report tells allocations apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupBy {
    /// The function that called into the allocator, a collection or another part of std.
    Function,
    /// The file and line of that call.
    Line,
    /// The crate of that function.
    Crate,
}

/// Which bytes a folded stack carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// Those that are alive.
    Live,
    /// All that were allocated since tracking started.
    Total,
}

/// What one call site allocated and what is left of it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Site {
    /// The function, `file:line` or crate.
    pub name: String,
    /// Bytes that are alive.
    pub live_bytes: Estimate,
    /// Blocks that are alive.
    pub live_blocks: Estimate,
    /// Bytes allocated since tracking started.
    pub total_bytes: Estimate,
    /// Blocks allocated since tracking started.
    pub total_blocks: Estimate,
}

/// Stacks that are named beyond this many of the largest are counted together.
const NAMED: usize = 512;

/// The name of what has none.
const UNNAMED: &str = "(unknown)";

/// Sampled stacks with their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stacks(Vec<NamedStack>);

#[derive(Debug, Clone, PartialEq)]
struct NamedStack {
    /// `None` for the stacks that are counted together.
    id: Option<StackId>,
    /// Innermost first.
    frames: Vec<StackFrame>,
    total: Sums,
    live: Sums,
}

impl Stacks {
    /// All stacks of the session as they are now.
    pub(crate) fn current() -> Self {
        let mut sums = Vec::new();
        sampler::each_stack(|stack, total, live| sums.push((stack, total, live)));
        Self::resolve(sums)
    }

    /// Looks up the names of stacks, given with their total and live sums.
    pub(crate) fn resolve(mut sums: Vec<(StackId, Sums, Sums)>) -> Self {
        // Half of the names for what is left, half for what has passed through.
        sums.sort_by(|a, b| b.2.bytes.total_cmp(&a.2.bytes));
        if let Some(rest) = sums.get_mut(NAMED / 2..) {
            rest.sort_by(|a, b| b.1.bytes.total_cmp(&a.1.bytes));
        }
        let mut symbols = Symbols::default();
        let mut named = Vec::new();
        let mut others = NamedStack {
            id: None,
            frames: Vec::new(),
            total: Sums::default(),
            live: Sums::default(),
        };
        for (position, (id, total, live)) in sums.into_iter().enumerate() {
            if position < NAMED && id != StackId::UNPLACED {
                let frames = symbols.frames(&sampler::frames(id));
                named.push(NamedStack { id: Some(id), frames, total, live });
            } else {
                others.total.add(&total);
                others.live.add(&live);
            }
        }
        if others.total != Sums::default() {
            named.push(others);
        }
        Self(named)
    }

    /// Stacks of which nothing is known but their sums.
    pub(crate) fn unnamed(sums: Vec<(StackId, Sums, Sums)>) -> Self {
        let unnamed = |(id, total, live)| NamedStack { id: Some(id), frames: vec![], total, live };
        Self(sums.into_iter().map(unnamed).collect())
    }

    /// Adds the stacks up by call site, the largest live bytes first, then the largest total.
    pub(crate) fn sites(&self, by: GroupBy) -> Vec<Site> {
        let mut groups: HashMap<String, (Sums, Sums)> = HashMap::new();
        for stack in &self.0 {
            let (total, live) = groups.entry(stack.name(by)).or_default();
            total.add(&stack.total);
            live.add(&stack.live);
        }
        let mut sites: Vec<Site> = groups
            .into_iter()
            .map(|(name, (total, live))| Site {
                name,
                live_bytes: Estimate::of_bytes(&live),
                live_blocks: Estimate::of_blocks(&live),
                total_bytes: Estimate::of_bytes(&total),
                total_blocks: Estimate::of_blocks(&total),
            })
            .collect();
        let size = |site: &Site| (site.live_bytes.value, site.total_bytes.value);
        sites.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.name.cmp(&b.name)));
        sites
    }

    /// The function that each stack is grouped under.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (StackId, String)> {
        self.0.iter().filter_map(|stack| Some((stack.id?, stack.name(GroupBy::Function))))
    }

    pub(crate) fn write_folded(&self, writer: impl io::Write, measure: Measure) -> io::Result<()> {
        let mut folded = atp_trace::FoldedStacks::new(writer);
        for stack in &self.0 {
            let sums = match measure {
                Measure::Live => &stack.live,
                Measure::Total => &stack.total,
            };
            let value = Estimate::of_bytes(sums).value;
            if value == 0 {
                continue;
            }
            if stack.frames.is_empty() {
                folded.line([UNNAMED], value)?;
            } else {
                let outermost_first = stack.callers().rev().map(|frame| frame.name());
                folded.line(outermost_first, value)?;
            }
        }
        folded.finish()?;
        Ok(())
    }
}

impl NamedStack {
    /// The frames without this crate's own and the allocator's.
    fn callers(&self) -> std::slice::Iter<'_, StackFrame> {
        let own = self.frames.iter().rposition(StackFrame::is_tracking).map_or(0, |last| last + 1);
        self.frames[own..].iter()
    }

    fn name(&self, by: GroupBy) -> String {
        if self.id.is_none() {
            return "(other call sites)".to_owned();
        }
        // A stack of nothing but std, such as that of a thread starting, is named by its innermost.
        let site =
            self.callers().find(|frame| !frame.is_library()).or_else(|| self.callers().next());
        let Some(site) = site else { return UNNAMED.to_owned() };
        match by {
            GroupBy::Function => site.name().into_owned(),
            GroupBy::Crate => site.crate_name().unwrap_or(UNNAMED).to_owned(),
            GroupBy::Line => match (&site.file, site.line) {
                (Some(file), Some(line)) => format!("{file}:{line}"),
                _ => site.name().into_owned(),
            },
        }
    }
}
