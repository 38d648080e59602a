//! What the environment says, to which the programs of OpenTelemetry listen.

use crate::alone::passes_alone;
use crate::collector::Collector;
use crate::fixture::{AMPLE, one_of_each, said};

#[test]
fn credentials_come_from_the_environment_and_the_rest_from_the_caller() {
    let environment = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2,x-team=checkout"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "no address"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_SERVICE_NAME", "another program"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci,service.name=another"),
    ];
    passes_alone("environment::under_one_that_means_another_program", &environment);
}

#[tokio::test]
#[ignore = "needs the environment that the test above gives it"]
async fn under_one_that_means_another_program() {
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
