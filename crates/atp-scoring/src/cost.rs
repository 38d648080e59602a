//! How little was spent.

use crate::component::Component;
use crate::limits::Limits;
use atp_protocol::Metrics;
use serde::Serialize;

/// Below this many tokens a run without limits counts as cheap.
const CHEAP_TOKENS: u64 = 1_000;

/// What a cost was measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostMethod {
    /// By dollars.
    DirectCost,
    /// By tokens.
    TokenBased,
}

/// How a cost value came about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CostDetails {
    /// Dollars were measured against a limit.
    Dollars {
        /// Always [`CostMethod::DirectCost`].
        method: CostMethod,
        /// Dollars spent.
        cost_usd: f64,
        /// Dollars that were allowed.
        max_cost_usd: f64,
    },
    /// Tokens were measured against a limit.
    Tokens {
        /// Always [`CostMethod::TokenBased`].
        method: CostMethod,
        /// Tokens used.
        total_tokens: u64,
        /// Tokens that were allowed.
        max_tokens: u64,
    },
    /// Tokens were counted, but there is no limit.
    Unlimited {
        /// Tokens used.
        total_tokens: u64,
        /// Says so.
        note: &'static str,
    },
    /// Neither is known.
    Unknown {
        /// Says so.
        note: &'static str,
    },
}

pub(crate) fn cost(
    metrics: Option<&Metrics>,
    limits: &Limits,
    weight: f64,
) -> Component<CostDetails> {
    let component = |value, raw, details| Component::new("cost", weight, value, raw, details);
    let Some(metrics) = metrics else {
        let note = "No metrics available, assuming zero cost";
        return component(1.0, None, CostDetails::Unknown { note });
    };
    // A cost that is no number is one that is not known.
    let known = metrics.cost_usd.filter(|cost| cost.is_finite());
    if let (Some(cost_usd), Some(max_cost_usd)) = (known, limits.max_cost_usd()) {
        let value = (1.0 - cost_usd / max_cost_usd).clamp(0.0, 1.0);
        let method = CostMethod::DirectCost;
        let details = CostDetails::Dollars { method, cost_usd, max_cost_usd };
        return component(value, Some(cost_usd), details);
    }
    match (metrics.total_tokens, limits.max_tokens()) {
        (Some(total_tokens), Some(max_tokens)) => {
            let tokens = total_tokens as f64;
            // 1 + t/max doubles at the limit, so that the value falls from 1 to 0 there, steeper
            // at first: the first tokens saved count the most.
            let value = (1.0 - (tokens / max_tokens as f64).ln_1p() / std::f64::consts::LN_2)
                .clamp(0.0, 1.0);
            let method = CostMethod::TokenBased;
            let details = CostDetails::Tokens { method, total_tokens, max_tokens };
            component(value, Some(tokens), details)
        }
        (Some(total_tokens), None) => {
            let note = "No max_tokens configured, using heuristic";
            let value = if total_tokens < CHEAP_TOKENS { 1.0 } else { 0.5 };
            let details = CostDetails::Unlimited { total_tokens, note };
            component(value, Some(total_tokens as f64), details)
        }
        (None, _) => {
            let note = "No cost or token data available";
            component(1.0, None, CostDetails::Unknown { note })
        }
    }
}
