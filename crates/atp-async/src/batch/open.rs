//! Where one batch ends and the next begins: by items and by bytes.

pub(super) type Weigher<T> = Box<dyn Fn(&T) -> usize + Send + Sync>;

/// The limits of a batch.
pub(super) struct Cutter<T> {
    batch_size: usize,
    max_bytes: Option<usize>,
    weigher: Option<Weigher<T>>,
}

/// What a batch holds so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    items: usize,
    bytes: usize,
}

impl Load {
    /// What is left without `item`.
    pub(super) fn without(self, item: Self) -> Self {
        let bytes = self.bytes.saturating_sub(item.bytes);
        Self { items: self.items.saturating_sub(item.items), bytes }
    }
}

impl<T> Cutter<T> {
    pub(super) fn new(
        batch_size: usize,
        max_bytes: Option<usize>,
        weigher: Option<Weigher<T>>,
    ) -> Self {
        Self { batch_size, max_bytes, weigher }
    }

    pub(super) fn weigh(&self, item: &T) -> Load {
        Load { items: 1, bytes: self.weigher.as_ref().map_or(0, |weigher| weigher(item)) }
    }

    /// Whether nothing more can be added.
    pub(super) fn is_full(&self, load: Load) -> bool {
        load.items >= self.batch_size || self.max_bytes.is_some_and(|max| load.bytes >= max)
    }

    /// `load` with `item`, if a batch may hold that. An empty one takes any item.
    pub(super) fn add(&self, load: Load, item: Load) -> Option<Load> {
        let sum = Load { items: load.items + 1, bytes: load.bytes.saturating_add(item.bytes) };
        let fits =
            sum.items <= self.batch_size && self.max_bytes.is_none_or(|max| sum.bytes <= max);
        (fits || load.items == 0).then_some(sum)
    }

    /// Cuts a list, lazily.
    pub(super) fn cut<I: Iterator<Item = T>>(&self, mut items: I) -> impl Iterator<Item = Vec<T>> {
        let mut carried = None;
        std::iter::from_fn(move || {
            let (mut batch, mut load) = (Vec::new(), Load::default());
            while !self.is_full(load)
                && let Some(item) = carried.take().or_else(|| items.next())
            {
                match self.add(load, self.weigh(&item)) {
                    Some(sum) => load = sum,
                    None => {
                        carried = Some(item);
                        break;
                    }
                }
                batch.push(item);
            }
            (!batch.is_empty()).then_some(batch)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(batch_size: usize, max_bytes: Option<usize>, items: &[usize]) -> Vec<Vec<usize>> {
        let weigher: Weigher<usize> = Box::new(|item| *item);
        Cutter::new(batch_size, max_bytes, Some(weigher)).cut(items.iter().copied()).collect()
    }

    #[test]
    fn by_items_and_by_bytes() {
        assert_eq!(cut(3, None, &[1, 2, 3, 4]), [vec![1, 2, 3], vec![4]]);
        assert_eq!(cut(3, Some(5), &[1, 2, 3, 4, 1]), [vec![1, 2], vec![3], vec![4, 1]]);
        assert_eq!(cut(3, Some(5), &[9, 1, 9]), [vec![9], vec![1], vec![9]], "too heavy: alone");
        assert!(cut(3, Some(5), &[]).is_empty());
        assert_eq!(cut(usize::MAX, None, &[usize::MAX, usize::MAX]).len(), 1);
    }
}
