//! The program of the README: a first profile of an asynchronous function.
//!
//!     cargo run -p atp-performance --example first_profile
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use atp_performance::{enable_profiling, profiled};
use std::time::Duration;

#[profiled]
async fn fetch(page: u32) -> String {
    tokio::time::sleep(Duration::from_millis(20)).await;
    format!("page {page}")
}

#[profiled]
async fn report() -> usize {
    let mut bytes = 0;
    for page in 0..5 {
        bytes += fetch(page).await.len();
    }
    bytes
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let profiler = enable_profiling();
    report().await;
    println!("{}", profiler.format_report());
}
