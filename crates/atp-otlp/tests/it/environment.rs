//! What the environment says, to which the programs of OpenTelemetry listen.

use crate::collector::Collector;
use crate::fixture::{AMPLE, one_of_each, said};
use std::process::Command;

/// A process cannot change its environment while others of its threads read it, so it starts
/// itself again with another one.
#[test]
fn credentials_come_from_the_environment_and_the_rest_from_the_caller() {
    let name = "environment::under_an_environment_that_means_another_program";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2,x-team=checkout")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        .env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "no address")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")
        .env("OTEL_SERVICE_NAME", "another program")
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci,service.name=another")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test]
#[ignore = "needs the environment that the test above gives it"]
async fn under_an_environment_that_means_another_program() {
    let collector = Collector::start([]).await;
    atp_otlp::export(&one_of_each(), &collector.endpoint, AMPLE).await.unwrap();
    let request = &collector.received()[0];
    assert_eq!(request.headers["authorization"], "Bearer hunter2");
    assert_eq!(request.headers["x-team"], "checkout");
    assert!(request.headers.get("content-encoding").is_none());
    let said = |key: &str| said(&request.resource().attributes, key);
    assert_eq!(said("service.name").as_deref(), Some("atp"));
    assert_eq!(said("deployment.environment.name").as_deref(), Some("ci"));
}
