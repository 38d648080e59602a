//! Statistics of values that are not kept.

/// Count, mean, deviation and extremes of values seen one at a time, in constant space.
///
/// Welford's recurrence (Technometrics 4, 1962); two halves merge by the formula of Chan, Golub
/// and LeVeque (1979). Values that are not finite are not taken in but counted, so that one bad
/// reading spoils nothing and is not hidden either.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running {
    count: u64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
    rejected: u64,
}

impl Running {
    /// Creates statistics of nothing.
    pub const fn new() -> Self {
        Self {
            count: 0,
            mean: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            rejected: 0,
        }
    }

    /// Takes a value in, or counts it as rejected if it is NaN or infinite.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            self.rejected += 1;
            return;
        }
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Takes in all that `other` has seen.
    pub fn merge(&mut self, other: &Self) {
        self.rejected += other.rejected;
        if other.count == 0 {
            return;
        }
        let (left, right) = (self.count as f64, other.count as f64);
        let distance = other.mean - self.mean;
        self.mean += distance * (right / (left + right));
        self.squares += other.squares + distance * distance * left * (right / (left + right));
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Returns how many values were taken in.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns how many values were rejected for not being finite.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Returns the mean, or nothing before the first value.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// Returns the sample variance (over n - 1, 0 for one value), or nothing before the first.
    pub fn variance(&self) -> Option<f64> {
        match self.count {
            0 => None,
            1 => Some(0.0),
            count => Some(self.squares.max(0.0) / (count - 1) as f64),
        }
    }

    /// Returns the root of the sample variance, or nothing before the first value.
    pub fn std_dev(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Returns the smallest value, or nothing before the first.
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    /// Returns the largest value, or nothing before the first.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }
}

impl Default for Running {
    fn default() -> Self {
        Self::new()
    }
}

impl Extend<f64> for Running {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        for value in values {
            self.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_statistics() {
        let running = Running::default();
        assert_eq!((running.count(), running.mean(), running.std_dev()), (0, None, None));
        assert_eq!((running.min(), running.max()), (None, None));
    }

    #[test]
    fn values_that_are_not_finite_are_counted_apart() {
        let mut running = Running::new();
        running.extend([1.0, f64::NAN, 3.0, f64::INFINITY]);
        assert_eq!((running.count(), running.rejected()), (2, 2));
        assert_eq!(
            (running.mean(), running.min(), running.max()),
            (Some(2.0), Some(1.0), Some(3.0))
        );
    }

    #[test]
    fn merging_with_nothing_changes_nothing() {
        let mut one = Running::new();
        one.push(5.0);
        let before = one;
        one.merge(&Running::new());
        assert_eq!(one, before);
        let mut none = Running::new();
        none.merge(&before);
        assert_eq!(none, before);
    }
}
