//! The public behaviour of `atp-lazy`.

mod cycles;
mod forms;
mod graphs;
mod lazy;
mod measure;
mod registry;
mod single_flight;
mod startup;
