//! One row of the bars with what was measured.

use super::{
    super::{
        bars::Bar,
        output::{End, Grid, Section},
    },
    measured::Pass,
};
use atp_stats::{Bootstrap, median_in_place};
use atp_table::nanos;
use serde::Serialize;
use serde_json::{Value, json};

const SEED: u64 = 0x6174_7002;

/// Times are nanoseconds an iteration, all of the pass with the median ratio. They are absent when
/// one of the two was not measured.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    name: String,
    ours: String,
    reference: String,
    unit: &'static str,
    ours_value: Option<f64>,
    reference_value: Option<f64>,
    ratio: Option<f64>,
    /// 95 % bootstrap interval of the ratio.
    interval: Option<[f64; 2]>,
    bar: f64,
    holds: bool,
}

impl Row {
    pub(super) fn of(bar: Bar, passes: &[Pass]) -> Self {
        let both = |pass: &Pass| {
            let (ours, reference) = (pass.samples(&bar.ours)?, pass.samples(&bar.reference)?);
            Some((median(ours), median(reference), interval(ours, reference)))
        };
        let mut pairs: Vec<_> = passes.iter().filter_map(both).collect();
        let ratio = |pair: &(f64, f64, [f64; 2])| pair.0 / pair.1;
        pairs.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        let middle = pairs.get(pairs.len().saturating_sub(1) / 2);
        Self {
            unit: "ns",
            ours_value: middle.map(|pair| pair.0),
            reference_value: middle.map(|pair| pair.1),
            ratio: middle.map(ratio),
            interval: middle.map(|pair| pair.2),
            bar: bar.max_ratio,
            holds: middle.is_some_and(|pair| ratio(pair) <= bar.max_ratio),
            name: bar.name,
            ours: bar.ours,
            reference: bar.reference,
        }
    }

    fn cells(&self) -> [String; 7] {
        let shown = |value: Option<f64>| value.map_or_else(|| "not measured".to_owned(), nanos);
        let number = |value: f64| format!("{value:.3}");
        [
            self.name.clone(),
            shown(self.ours_value),
            shown(self.reference_value),
            self.ratio.map_or_else(String::new, number),
            self.interval
                .map_or_else(String::new, |[lower, upper]| format!("{lower:.3} .. {upper:.3}")),
            number(self.bar),
            if self.holds { "yes" } else { "NO" }.to_owned(),
        ]
    }
}

fn median(samples: &[f64]) -> f64 {
    median_in_place(&mut samples.to_vec())
}

/// The interval of the ratio of two medians. Ours and the reference are resampled apart; the ends
/// that are furthest from each other bound the ratio.
fn interval(ours: &[f64], reference: &[f64]) -> [f64; 2] {
    // Two independent intervals of 83.4 % just touch where a difference has 95 % (Goldstein and
    // Healy, JRSS A 158, 1995).
    let bootstrap = Bootstrap::new(SEED).with_confidence(0.834);
    let of = |samples| bootstrap.interval(samples, median_in_place).ok();
    match of(ours).zip(of(reference)) {
        Some((ours, reference)) => [ours.lower / reference.upper, ours.upper / reference.lower],
        None => [f64::NAN; 2],
    }
}

/// The table of all rows.
pub(super) struct Rows(pub(super) Vec<Row>);

impl Rows {
    fn grid(&self) -> Grid {
        let mut grid = Grid::new(["row", "ours", "reference", "ratio", "interval", "bar", "holds"]);
        for row in &self.0 {
            grid.push(row.cells());
        }
        grid
    }

    fn closing(&self) -> String {
        let held = self.0.iter().filter(|row| row.holds).count();
        format!("{held} of {} bars hold\n", self.0.len())
    }
}

impl Section for Rows {
    fn key(&self) -> &'static str {
        "bars"
    }

    fn text(&self) -> String {
        format!("{}\n{}", self.grid().text(), self.closing())
    }

    fn markdown(&self) -> String {
        format!("### Ours beside peers\n\n{}\n{}", self.grid().markdown(), self.closing())
    }

    fn json(&self) -> Value {
        json!(self.0)
    }

    fn end(&self) -> End {
        if self.0.iter().all(|row| row.holds) { End::Pass } else { End::Failed }
    }

    fn is_alone(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(max_ratio: f64) -> Bar {
        let (name, ours, reference) = ("x".to_owned(), "g/ours".to_owned(), "g/peer".to_owned());
        Bar { name, ours, reference, max_ratio }
    }

    fn pass(ours: &[f64], reference: &[f64]) -> Pass {
        Pass::of(&[("g/ours", ours), ("g/peer", reference)])
    }

    #[test]
    fn the_ratio_of_a_disturbed_pass_is_left_out() {
        let passes = [
            pass(&[10.0, 10.0], &[20.0, 20.0]),
            pass(&[90.0, 90.0], &[20.0, 20.0]),
            pass(&[10.0, 10.0], &[20.0, 20.0]),
        ];
        let row = Row::of(bar(0.5), &passes);
        assert_eq!((row.ratio, row.holds, row.ours_value), (Some(0.5), true, Some(10.0)));
        assert_eq!(row.interval, Some([0.5, 0.5]));
        assert!(!Row::of(bar(0.499), &passes).holds);
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        let row = Row::of(bar(9.0), &[Pass::of(&[("g/ours", &[1.0])])]);
        let json = json!(row);
        assert_eq!((&json["ratio"], &json["holds"]), (&Value::Null, &json!(false)));
        assert_eq!(Rows(vec![row]).end(), End::Failed);
    }

    #[test]
    fn json_has_the_fields_that_readers_rely_on() {
        let rows = Rows(vec![Row::of(bar(2.0), &[pass(&[10.0], &[20.0])])]);
        let row = &rows.json()[0];
        for key in [
            "name",
            "ours",
            "reference",
            "unit",
            "ours_value",
            "reference_value",
            "ratio",
            "bar",
            "holds",
        ] {
            assert!(!row[key].is_null(), "{key}");
        }
        assert_eq!(rows.end(), End::Pass);
    }
}
