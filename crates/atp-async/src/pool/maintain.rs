//! The future that keeps a pool tidy while nobody uses it.

use super::config::PoolConfig;
use super::shared::Shared;
use crate::catch::catch_panic;
use crate::sync::lock;
use std::sync::{Arc, Weak};
use std::time::Duration;

const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

pub(super) fn maintain<T: Send + 'static, E: Send + 'static>(
    shared: &Arc<Shared<T, E>>,
) -> impl Future<Output = ()> + Send + 'static + use<T, E> {
    let pause = pause(&shared.config);
    let housekeeping = Arc::clone(&shared.housekeeping);
    let pool = Arc::downgrade(shared);
    async move {
        loop {
            // Made before the look at the pool, so that no change in between is missed.
            let changed = housekeeping.notified();
            if !tend(&pool).await {
                return;
            }
            // Never without a rest: what tending itself has changed would wake it at once.
            tokio::time::sleep(SHORTEST_PAUSE).await;
            drop(tokio::time::timeout(pause, changed).await);
        }
    }
}

/// False once there is nothing to tend.
async fn tend<T: Send + 'static, E: Send + 'static>(pool: &Weak<Shared<T, E>>) -> bool {
    let Some(pool) = pool.upgrade() else { return false };
    // A failure is counted by the slot it happened in and tried again at the next turn; a panic
    // of the factory must not end the tending.
    drop(catch_panic(pool.fill()).await);
    let state = lock(&pool.state);
    !(state.is_closed() && state.is_drained())
}

fn pause(config: &PoolConfig) -> Duration {
    let limits = [config.max_lifetime, config.idle_timeout];
    let shortest = limits.into_iter().flatten().min().unwrap_or(LONGEST_PAUSE);
    (shortest / 4).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}
