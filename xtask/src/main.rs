//! Builds, checks, measures and releases the workspace.
fn main() {}
