//! What configurations are refused, and how.

use atp_adapter::lazy_adapter_registry;
use serde_json::{Value, json};
use std::time::Duration;

fn refusal(kind: &str, config: Value) -> String {
    let (builder, _) = lazy_adapter_registry().get(kind).unwrap();
    builder.build(&config).expect_err(&config.to_string()).to_string()
}

#[test]
fn a_refusal_says_where_and_what_was_expected() {
    let cases = [
        ("cli", json!({}), "command: expected a command line, found nothing"),
        ("cli", json!({"command": "a 'b"}), "quotes that do not close"),
        ("cli", json!({"command": "  "}), "command: expected a command line"),
        ("cli", json!({"command": "a", "retry_delay_seconds": -1}), "expected seconds from 0"),
        ("cli", json!({"command": "a", "retry_count": 1.5}), "retry_count: expected an integer"),
        ("cli", json!({"command": "a", "environment": {"A=B": "c"}}), "environment.A=B"),
        ("cli", json!({"command": "a", "max_response_bytes": 100_000_000}), "67108864"),
        ("http", json!({"endpoint": "ftp://host"}), "expected an http or https address"),
        ("http", json!({"endpoint": "http://me:pw@host"}), "an address without a user"),
        ("http", json!({"endpoint": "http://h", "headers": {"a b": "c"}}), "headers.a b"),
        ("http", json!({"endpoint": "http://h", "headers": {"Content-Length": "1"}}), "headers."),
        ("container", json!({"image": "--privileged"}), "image: expected a name"),
        ("container", json!({"image": "a", "network": "mine"}), "expected none, bridge or host"),
        ("container", json!({"image": "a", "runtime": "rkt"}), "expected auto, docker, podman"),
        ("container", json!({"image": "a", "resources": {"cpu": 17}}), "resources.cpu"),
        ("container", json!({"image": "a", "resources": {"memory": "lots"}}), "resources.memory"),
        ("container", json!({"image": "a", "resources": {"gpu": 1}}), "resources.gpu"),
        ("container", json!({"image": "a", "volumes": {"/x": "/etc/y"}}), "volumes./x"),
        (
            "container",
            json!({"image": "a", "volumes": {"x": "/y"}}),
            "an absolute path of the host",
        ),
        ("container", json!({"image": "a", "working_dir": "/"}), "working_dir"),
        ("container", json!({"image": "a", "cap_drop": ["--x"]}), "cap_drop[0]"),
        ("cli", json!({"command": "a", "arg": []}), "unknown key \"arg\"; did you mean args?"),
        ("builtin:script", json!({"steps": [{"wait": 1}, {"wait": -1}]}), "steps[1]: expected"),
        ("builtin:script", json!({"steps": [{"wait": 1, "line": ""}]}), "steps[0]: expected"),
        ("builtin:script", json!({"fail_times": 2}), "fail: expected a message beside fail_times"),
        ("builtin:script", json!({"delay": -1}), "delay: expected seconds from 0, found -1"),
    ];
    for (kind, config, expected) in cases {
        let found = refusal(kind, config);
        assert!(found.starts_with(kind) && found.contains(expected), "{found}");
    }
}

#[test]
fn configurations_of_the_original_are_understood() {
    let cases = [
        (
            "cli",
            json!({"command": "python agent.py", "args": ["--x"], "working_dir": ".",
                "environment": {"A": "b"}, "inherit_environment": true, "allowed_env_vars": ["C"],
                "timeout_seconds": 300.0, "retry_count": 0, "retry_delay_seconds": 1.0,
                "enable_cost_tracking": true}),
        ),
        (
            "container",
            json!({"image": "agent:latest", "runtime": "docker", "network": "none",
                "resources": {"memory": "2g", "cpu": "1"}, "volumes": {"/data": "/data"},
                "working_dir": "/workspace", "auto_remove": true, "cap_drop": ["ALL"],
                "read_only_root": false, "no_new_privileges": true, "allowed_volume_paths": []}),
        ),
        (
            "http",
            json!({"endpoint": "http://localhost:8000", "headers": {"Authorization": "Bearer x"},
                "verify_ssl": true, "stream_endpoint": null, "health_endpoint": null,
                "allow_internal": true, "timeout_seconds": 30}),
        ),
    ];
    for (kind, config) in cases {
        let (builder, _) = lazy_adapter_registry().get(kind).unwrap();
        builder.build(&config).unwrap();
    }
}

#[test]
fn no_secret_is_in_the_debug_form() {
    let configs = [
        ("cli", json!({"command": "agent --token hunter22", "environment": {"KEY": "hunter22"}})),
        (
            "http",
            json!({"endpoint": "http://h/hunter22", "headers": {"Authorization": "hunter22"}}),
        ),
        ("container", json!({"image": "agent", "environment": {"KEY": "hunter22"}})),
    ];
    for (kind, config) in configs {
        let (builder, _) = lazy_adapter_registry().get(kind).unwrap();
        let shown = format!("{:?}", builder.build(&config).unwrap());
        assert!(!shown.contains("hunter22"), "{shown}");
    }
}

#[test]
fn x8_retries_are_handed_to_the_runner() {
    let config = json!({"command": "agent", "retry_count": "3", "retry_delay_seconds": 0.5});
    let (builder, _) = lazy_adapter_registry().get("cli").unwrap();
    let retry = builder.build(&config).unwrap().retry();
    assert_eq!((retry.count, retry.delay), (3, Some(Duration::from_millis(500))));
    let retry = builder.build(&json!({"command": "agent"})).unwrap().retry();
    assert_eq!((retry.count, retry.delay), (0, None));
}
