//! A rate that several machines share.

use super::arguments::RunArguments;
use atp_runner::{Agent, OutagePolicy, Shard, SharedRate};
use clap::Args;
use std::{error::Error, str::FromStr};

/// Where the rate is kept, and what holds while it cannot be.
#[derive(Args)]
pub(crate) struct SharedRateArguments {
    /// Shares --rate with all runs against this agent that name the same Redis or Valkey server,
    /// such as `redis://user:password@host:6379`. All of them give the same --rate.
    #[arg(long, value_name = "URL", requires = "rate")]
    rate_limit_url: Option<String>,
    /// What holds while that server is away. "closed", which is the default, ends the run, and
    /// --resume goes on with it; "local:0.25" goes on with that share of the rate, and "local"
    /// with the share 1/N of --shard I/N.
    #[arg(long, value_name = "POLICY", requires = "rate_limit_url")]
    rate_limit_outage: Option<Outage>,
}

/// What holds while the server is away.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outage {
    Closed,
    /// The share, if it was given.
    Local(Option<f64>),
}

impl SharedRateArguments {
    /// Returns the rate for `agent`; nothing if it is not shared.
    pub(super) fn rate(
        &self,
        agent: &Agent,
        arguments: &RunArguments,
    ) -> Result<Option<SharedRate>, Box<dyn Error>> {
        let (Some(url), Some(rate)) = (&self.rate_limit_url, arguments.rate) else {
            return Ok(None);
        };
        let outage = self.rate_limit_outage.unwrap_or(Outage::Closed).policy(arguments.shard)?;
        Ok(Some(SharedRate::new(agent, rate, url, outage)?))
    }
}

impl Outage {
    fn policy(self, shard: Option<Shard>) -> Result<OutagePolicy, &'static str> {
        Ok(match (self, shard) {
            (Self::Closed, _) => OutagePolicy::Closed,
            (Self::Local(Some(share)), _) => OutagePolicy::LocalShare(share),
            (Self::Local(None), Some(shard)) => {
                OutagePolicy::LocalShare(1.0 / f64::from(shard.count()))
            }
            (Self::Local(None), None) => {
                return Err("--rate-limit-outage local needs a share, such as local:0.25, \
                            or --shard I/N, of which it is 1/N");
            }
        })
    }
}

impl FromStr for Outage {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let share = match text {
            "closed" => return Ok(Self::Closed),
            "local" => return Ok(Self::Local(None)),
            text => text.strip_prefix("local:").and_then(|share| share.parse().ok()),
        };
        let share = share.filter(|share: &f64| *share > 0.0 && *share <= 1.0);
        let share = share.ok_or("expected closed, local, or local: and a share up to 1")?;
        Ok(Self::Local(Some(share)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_above_zero_and_at_most_one() {
        assert_eq!("closed".parse(), Ok(Outage::Closed));
        assert_eq!("local:0.25".parse(), Ok(Outage::Local(Some(0.25))));
        for wrong in
            ["", "open", "local:", "local:0", "local:-1", "local:1.5", "local:nan", "Local"]
        {
            assert!(wrong.parse::<Outage>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_share_of_a_shard_is_its_own() {
        let local: Outage = "local".parse().unwrap();
        assert_eq!(local.policy("2/4".parse().ok()), Ok(OutagePolicy::LocalShare(0.25)));
        assert!(local.policy(None).is_err());
        assert_eq!(Outage::Closed.policy(None), Ok(OutagePolicy::Closed));
    }
}
