//! Agents that are processes: started, listened to, and ended with all that they started.

#[cfg(target_os = "linux")]
mod cgroup;
mod environment;
#[cfg(target_os = "linux")]
mod kin;
#[cfg(not(target_os = "linux"))]
#[path = "process/kin_of_group.rs"]
mod kin;
mod launch;
mod leader;
mod lines;
mod orphans;
mod probe;
mod program;
mod pump;
#[cfg(target_os = "linux")]
mod scan;
mod talk;
mod token;
mod tree;

pub(crate) use environment::Environment;
pub(crate) use launch::Launch;
pub use orphans::{adopt_orphans, end_orphans};
pub(crate) use probe::succeeds;
pub(crate) use program::find_program;
pub(crate) use pump::Bounds;
pub(crate) use talk::talk;
pub(crate) use token::new_token;
