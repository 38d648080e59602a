//! Definitions as a textbook gives them.

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub(crate) fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(|a, b| a.total_cmp(b));
    values
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let values = sorted(values);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}

pub(crate) fn median_absolute_deviation(values: &[f64]) -> f64 {
    let middle = median(values);
    median(&values.iter().map(|x| (x - middle).abs()).collect::<Vec<_>>())
}

pub(crate) fn quantile(values: &[f64], p: f64) -> f64 {
    let values = sorted(values);
    let rank = (values.len() - 1) as f64 * p;
    let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
    values[below] + (rank - rank.floor()) * (values[above] - values[below])
}

pub(crate) fn theil_sen(points: &[(f64, f64)]) -> f64 {
    let mut slopes = Vec::new();
    for a in points {
        for b in points {
            if a.0 < b.0 {
                slopes.push((b.1 - a.1) / (b.0 - a.0));
            }
        }
    }
    median(&slopes)
}
