//! Releases of a small workspace to a registry on loopback that fails on purpose.

mod fixture;
mod registry;
mod releases;
