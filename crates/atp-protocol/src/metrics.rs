//! What an agent says that a run cost.

use crate::json::Json;
use crate::reader::Object;
use serde::{Deserialize, Deserializer, Serialize, de};

/// Figures of one run. All are optional; those given are numbers from 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// All tokens used.
    pub total_tokens: Option<u64>,
    /// Tokens sent to models.
    pub input_tokens: Option<u64>,
    /// Tokens received from models.
    pub output_tokens: Option<u64>,
    /// Tokens written to a prompt cache.
    pub cache_creation_tokens: Option<u64>,
    /// Tokens read from a prompt cache.
    pub cache_read_tokens: Option<u64>,
    /// Steps taken.
    pub total_steps: Option<u64>,
    /// Tools called.
    pub tool_calls: Option<u64>,
    /// Models called.
    pub llm_calls: Option<u64>,
    /// Wall time in seconds, finite.
    #[serde(default, deserialize_with = "amount")]
    pub wall_time_seconds: Option<f64>,
    /// Cost in US dollars, finite.
    #[serde(default, deserialize_with = "amount")]
    pub cost_usd: Option<f64>,
}

impl Metrics {
    pub(crate) const FIELDS: &'static [&'static str] = &[
        "total_tokens",
        "input_tokens",
        "output_tokens",
        "cache_creation_tokens",
        "cache_read_tokens",
        "total_steps",
        "tool_calls",
        "llm_calls",
        "wall_time_seconds",
        "cost_usd",
    ];

    pub(crate) fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        Some(Self {
            total_tokens: object.optional("total_tokens", Json::count),
            input_tokens: object.optional("input_tokens", Json::count),
            output_tokens: object.optional("output_tokens", Json::count),
            cache_creation_tokens: object.optional("cache_creation_tokens", Json::count),
            cache_read_tokens: object.optional("cache_read_tokens", Json::count),
            total_steps: object.optional("total_steps", Json::count),
            tool_calls: object.optional("tool_calls", Json::count),
            llm_calls: object.optional("llm_calls", Json::count),
            wall_time_seconds: object.optional("wall_time_seconds", Json::amount),
            cost_usd: object.optional("cost_usd", Json::amount),
        })
    }
}

/// Numbers below zero are no amounts.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let amount = Option::<f64>::deserialize(deserializer)?;
    match amount {
        Some(number) if !(number >= 0.0 && number.is_finite()) => {
            Err(de::Error::invalid_value(de::Unexpected::Float(number), &"a number from 0"))
        }
        _ => Ok(amount),
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn what_is_serialised_reads_back() {
        let metrics = Metrics {
            total_tokens: Some(u64::MAX),
            wall_time_seconds: Some(0.1),
            cost_usd: Some(0.0),
            ..Metrics::default()
        };
        for metrics in [metrics, Metrics::default()] {
            let text = serde_json::to_string(&metrics).unwrap();
            assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), metrics, "{text}");
        }
        assert_eq!(serde_json::from_str::<Metrics>("{}").unwrap(), Metrics::default());
    }

    #[test]
    fn what_the_protocol_refuses_does_not_read_back() {
        for text in [r#"{"cost_usd":-1}"#, r#"{"cost_usd":"1"}"#, r#"{"total_tokens":-1}"#] {
            assert!(serde_json::from_str::<Metrics>(text).is_err(), "{text}");
        }
    }
}
