//! Tukey's fences: which values of a sample stand out, and on which side.

use crate::order::Sorted;

/// How far out a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutlierClass {
    /// More than three interquartile ranges below the first quartile.
    LowSevere,
    /// More than one and a half interquartile ranges below the first quartile.
    LowMild,
    /// Within one and a half interquartile ranges of the quartiles, or on that line.
    Inside,
    /// More than one and a half interquartile ranges above the third quartile.
    HighMild,
    /// More than three interquartile ranges above the third quartile.
    HighSevere,
}

/// The four lines that separate the classes (J. W. Tukey, Exploratory Data Analysis, 1977).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fences {
    /// First quartile less 3 interquartile ranges.
    pub low_severe: f64,
    /// First quartile less 1.5 interquartile ranges.
    pub low_mild: f64,
    /// Third quartile plus 1.5 interquartile ranges.
    pub high_mild: f64,
    /// Third quartile plus 3 interquartile ranges.
    pub high_severe: f64,
}

/// How many values of a sample fall into each class outside the fences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outliers {
    /// Values of [`OutlierClass::LowSevere`].
    pub low_severe: usize,
    /// Values of [`OutlierClass::LowMild`].
    pub low_mild: usize,
    /// Values of [`OutlierClass::HighMild`].
    pub high_mild: usize,
    /// Values of [`OutlierClass::HighSevere`].
    pub high_severe: usize,
}

impl Fences {
    /// Returns the class of a value. A NaN is inside: it lies beyond no line.
    pub fn class(&self, value: f64) -> OutlierClass {
        if value < self.low_severe {
            OutlierClass::LowSevere
        } else if value < self.low_mild {
            OutlierClass::LowMild
        } else if value > self.high_severe {
            OutlierClass::HighSevere
        } else if value > self.high_mild {
            OutlierClass::HighMild
        } else {
            OutlierClass::Inside
        }
    }
}

impl Outliers {
    /// Returns the number of values outside the fences.
    pub fn total(&self) -> usize {
        self.low_severe + self.low_mild + self.high_mild + self.high_severe
    }
}

impl Sorted {
    /// Returns the sample's fences.
    pub fn fences(&self) -> Fences {
        let (first, third) = (self.at(0.25), self.at(0.75));
        let range = third - first;
        Fences {
            low_severe: first - 3.0 * range,
            low_mild: first - 1.5 * range,
            high_mild: third + 1.5 * range,
            high_severe: third + 3.0 * range,
        }
    }

    /// Returns how many values lie outside the fences, by class.
    pub fn outliers(&self) -> Outliers {
        let fences = self.fences();
        let mut outliers = Outliers::default();
        for value in self.values() {
            match fences.class(*value) {
                OutlierClass::LowSevere => outliers.low_severe += 1,
                OutlierClass::LowMild => outliers.low_mild += 1,
                OutlierClass::Inside => {}
                OutlierClass::HighMild => outliers.high_mild += 1,
                OutlierClass::HighSevere => outliers.high_severe += 1,
            }
        }
        outliers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_has_a_mild_and_a_severe_class() {
        // Quartiles 9 and 11, so the fences are 3, 6, 14 and 17.
        let sorted = Sorted::new([
            2.0, 5.0, 8.0, 9.0, 9.0, 9.0, 10.0, 10.0, 10.0, 11.0, 11.0, 11.0, 12.0, 15.0, 18.0,
        ])
        .unwrap();
        assert_eq!(
            sorted.fences(),
            Fences { low_severe: 3.0, low_mild: 6.0, high_mild: 14.0, high_severe: 17.0 }
        );
        let outliers = sorted.outliers();
        assert_eq!(outliers, Outliers { low_severe: 1, low_mild: 1, high_mild: 1, high_severe: 1 });
        assert_eq!(outliers.total(), 4);
    }

    #[test]
    fn equal_values_have_no_outliers() {
        assert_eq!(Sorted::new([5.0; 9]).unwrap().outliers(), Outliers::default());
    }

    #[test]
    fn a_value_on_a_line_is_on_its_inner_side() {
        let fences = Fences { low_severe: 0.0, low_mild: 1.0, high_mild: 2.0, high_severe: 3.0 };
        assert_eq!(fences.class(1.0), OutlierClass::Inside);
        assert_eq!(fences.class(3.0), OutlierClass::HighMild);
    }
}
