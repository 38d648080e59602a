//! A promise, what was measured of it, and how much room is left.

use atp_table::{Column, Table, nanos};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::fmt;

/// The number that JSON output carries. It changes when an old reader would misread it.
const SCHEMA: u32 = 1;

/// One target and what was measured of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    name: String,
    promised: String,
    limit: Limit,
    measured: f64,
}

/// What must hold of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    /// Below so many percent.
    PercentBelow(f64),
    /// Below so many seconds.
    SecondsBelow(f64),
    /// So many at least.
    AtLeast(f64),
    /// Less than so many times of what it was.
    TimesBelow(f64),
}

/// All targets.
#[derive(Debug, Serialize)]
pub(super) struct Targets {
    schema: u32,
    targets: Vec<Target>,
}

impl Target {
    pub(super) fn new(
        name: &str,
        promised: impl Into<String>,
        limit: Limit,
        measured: f64,
    ) -> Self {
        Self { name: name.into(), promised: promised.into(), limit, measured }
    }

    /// Tells whether the promise is kept. A figure that is none keeps nothing.
    pub(super) fn is_met(&self) -> bool {
        match self.limit {
            Limit::PercentBelow(most) | Limit::SecondsBelow(most) | Limit::TimesBelow(most) => {
                self.measured < most
            }
            Limit::AtLeast(least) => self.measured >= least,
        }
    }

    /// How many times better than it must be; nothing where that is no number.
    fn margin(&self) -> Option<f64> {
        let margin = match self.limit {
            Limit::PercentBelow(most) | Limit::SecondsBelow(most) | Limit::TimesBelow(most) => {
                most / self.measured
            }
            Limit::AtLeast(least) => self.measured / least,
        };
        Some(margin).filter(|margin| margin.is_finite() && *margin >= 0.0)
    }

    fn shown(&self) -> String {
        match self.limit {
            Limit::PercentBelow(_) => format!("{:.2} %", self.measured),
            Limit::SecondsBelow(_) => nanos(self.measured * 1e9),
            Limit::AtLeast(_) => format!("{}", self.measured),
            Limit::TimesBelow(_) => format!("{:.2}x", self.measured),
        }
    }

    fn shown_margin(&self) -> String {
        match self.margin() {
            Some(margin) if margin < 10.0 => format!("{margin:.1}x"),
            Some(margin) => format!("{margin:.0}x"),
            None => "-".into(),
        }
    }
}

impl Targets {
    pub(super) fn new(targets: Vec<Target>) -> Self {
        Self { schema: SCHEMA, targets }
    }

    pub(super) fn all_met(&self) -> bool {
        self.targets.iter().all(Target::is_met)
    }
}

impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["target", "promised"].map(Column::left);
        let figures = ["measured", "margin", "met"].map(Column::right);
        let mut table = Table::new(columns.into_iter().chain(figures));
        for target in &self.targets {
            let met = if target.is_met() { "yes" } else { "NO" };
            let (measured, margin) = (target.shown(), target.shown_margin());
            table.push([&*target.name, &*target.promised, &*measured, &*margin, met]);
        }
        write!(f, "Platform targets (NFR-001)\n\n{table}")
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (unit, limit) = match self.limit {
            Limit::PercentBelow(most) => ("percent", most),
            Limit::SecondsBelow(most) => ("seconds", most),
            Limit::AtLeast(least) => ("count", least),
            Limit::TimesBelow(most) => ("ratio", most),
        };
        let mut object = serializer.serialize_struct("Target", 9)?;
        object.serialize_field("name", &self.name)?;
        object.serialize_field("promised", &self.promised)?;
        object.serialize_field("unit", unit)?;
        object.serialize_field("measured", &self.measured)?;
        object.serialize_field("limit", &limit)?;
        object.serialize_field("margin", &self.margin())?;
        object.serialize_field("met", &self.is_met())?;
        object.serialize_field("measured_text", &self.shown())?;
        object.serialize_field("margin_text", &self.shown_margin())?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(limit: Limit, measured: f64) -> bool {
        let targets = Targets::new(vec![Target::new("name", "promise", limit, measured)]);
        let json = serde_json::to_value(&targets).expect("targets are plain data");
        assert_eq!(json["targets"][0]["met"], targets.all_met());
        targets.all_met()
    }

    #[test]
    fn limits_are_held_to_the_letter() {
        assert!(met(Limit::PercentBelow(5.0), 4.99) && !met(Limit::PercentBelow(5.0), 5.0));
        assert!(met(Limit::PercentBelow(5.0), -0.2) && met(Limit::SecondsBelow(2.0), 0.001));
        assert!(met(Limit::AtLeast(10.0), 10.0) && !met(Limit::AtLeast(10.0), 9.0));
        assert!(!met(Limit::TimesBelow(1.5), f64::NAN) && !met(Limit::AtLeast(1.0), f64::NAN));
    }

    #[test]
    fn the_table_tells_the_margin() {
        let start = Target::new("start-up", "< 2 s", Limit::SecondsBelow(2.0), 0.001);
        let idle = Target::new("overhead", "< 5 %", Limit::PercentBelow(5.0), -0.01);
        let text = Targets::new(vec![start, idle]).to_string();
        assert!(text.contains("start-up  < 2 s      1.00 ms   2000x  yes"), "{text}");
        assert!(text.contains("overhead  < 5 %      -0.01 %       -  yes"), "{text}");
    }
}
