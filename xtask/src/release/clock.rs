//! Time, so that a test of waiting does not wait.

use std::{
    thread,
    time::{Duration, SystemTime},
};

pub(super) trait Clock {
    fn now(&self) -> SystemTime;
    fn sleep(&mut self, duration: Duration);
}

pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&mut self, duration: Duration) {
        thread::sleep(duration);
    }
}
