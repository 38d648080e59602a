//! The system as a test wants it: coarse stamps, a clock to turn, and a hand in every call.

use super::{Reading, Source, System};
use crate::stamp::{Stamp, Time};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Hook = Box<dyn Fn(&Path) + Send + Sync>;

pub(crate) struct Scripted {
    system: System,
    now_ns: AtomicU64,
    /// How much the wall clock here is ahead of the file system's.
    wall_ahead_ns: AtomicI64,
    /// What stamps are cut to, and then say.
    granularity_ns: AtomicI64,
    pub(crate) reads: AtomicU64,
    pub(crate) canonicals: AtomicU64,
    before_stamp: Mutex<Option<Arc<Hook>>>,
    during_read: Mutex<Option<Arc<Hook>>>,
}

impl Scripted {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            system: System::new(),
            now_ns: AtomicU64::new(0),
            wall_ahead_ns: AtomicI64::new(0),
            granularity_ns: AtomicI64::new(1),
            reads: AtomicU64::new(0),
            canonicals: AtomicU64::new(0),
            before_stamp: Mutex::new(None),
            during_read: Mutex::new(None),
        })
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.now_ns.fetch_add(time.as_nanos() as u64, SeqCst);
    }

    pub(crate) fn wall_ahead(&self, time: Duration) {
        self.wall_ahead_ns.store(time.as_nanos() as i64, SeqCst);
    }

    /// Makes the clocks of the file system and the wall go by steps of `granularity`.
    pub(crate) fn cut_stamps_to(&self, granularity: Duration) {
        self.granularity_ns.store(granularity.as_nanos() as i64, SeqCst);
    }

    pub(crate) fn before_stamp(&self, hook: impl Fn(&Path) + Send + Sync + 'static) {
        *self.before_stamp.lock().unwrap() = Some(Arc::new(Box::new(hook)));
    }

    /// Runs `hook` after the bytes of each read and before the stamps that follow.
    pub(crate) fn during_read(&self, hook: impl Fn(&Path) + Send + Sync + 'static) {
        *self.during_read.lock().unwrap() = Some(Arc::new(Box::new(hook)));
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(SeqCst)
    }

    fn cut(&self, stamp: Stamp) -> Stamp {
        let cut = |time: Time| Time::of_ns(self.cut_ns(time.since_epoch_ns()));
        Stamp { modified: cut(stamp.modified), changed: cut(stamp.changed), ..stamp }
    }

    fn cut_ns(&self, ns: i128) -> i128 {
        ns - ns.rem_euclid(i128::from(self.granularity_ns.load(SeqCst)))
    }
}

impl Source for Scripted {
    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        let hook = self.before_stamp.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(path);
        }
        self.system.stamp(path).map(|stamp| self.cut(stamp))
    }

    fn read(&self, path: &Path, max_bytes: u64) -> io::Result<Reading> {
        self.reads.fetch_add(1, SeqCst);
        let mut reading = self.system.read(path, max_bytes)?;
        let hook = self.during_read.lock().unwrap().clone();
        if let (Some(hook), Some([_, after, at_path])) = (hook, &mut reading.stamps) {
            hook(path);
            *after = self.system.stamp(path)?;
            *at_path = *after;
        }
        reading.stamps = reading.stamps.map(|stamps| stamps.map(|stamp| self.cut(stamp)));
        Ok(reading)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.canonicals.fetch_add(1, SeqCst);
        self.system.canonical(path)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.now_ns.load(SeqCst))
    }

    fn wall_ns(&self) -> i128 {
        self.cut_ns(self.system.wall_ns()) + i128::from(self.wall_ahead_ns.load(SeqCst))
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}
