//! What a scope left behind.

use crate::allocator::sampler::{self, StackId, Sums};
use crate::estimate::Estimate;
use crate::sites::{GroupBy, Site, Stacks};

/// Blocks that a scope allocated and that were alive when it ended: what it returned, what it put
/// somewhere, or what it leaked.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Outlived {
    /// Their bytes.
    pub bytes: Estimate,
    /// Their number.
    pub blocks: Estimate,
    #[cfg_attr(feature = "serde", serde(skip))]
    by_stack: Vec<(StackId, Sums)>,
    /// When the ids of the stacks were taken.
    #[cfg_attr(feature = "serde", serde(skip))]
    epoch: u64,
}

impl Outlived {
    pub(super) fn new(by_stack: Vec<(StackId, Sums)>) -> Self {
        let mut sum = Sums::default();
        for (_, sums) in &by_stack {
            sum.add(sums);
        }
        Self {
            bytes: Estimate::of_bytes(&sum),
            blocks: Estimate::of_blocks(&sum),
            by_stack,
            epoch: sampler::stacks_epoch(),
        }
    }

    /// Returns the call sites that they come from, the largest first.
    ///
    /// Names are looked up now: a few milliseconds the first time in a process. Where thousands of
    /// stacks have been sampled and another tracker has started since, they are not known any more.
    #[must_use]
    pub fn sites(&self, by: GroupBy) -> Vec<Site> {
        let sums = || self.by_stack.iter().map(|(stack, sums)| (*stack, *sums, *sums)).collect();
        let stacks = sampler::read_stacks(self.epoch, || Stacks::resolve(sums()));
        stacks.unwrap_or_else(|| Stacks::unnamed(sums())).sites(by)
    }
}
