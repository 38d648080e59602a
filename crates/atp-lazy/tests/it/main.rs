//! The public behaviour of `atp-lazy`.

mod single_flight;
