//! The container adapter, against a stand-in for docker.

use crate::heard::{adapter, execute, failure, limits, request, short};
use crate::leftovers::assert_ends;
use atp_adapter::{Adapter, Failure};
use atp_protocol::{Context, Request};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// Writes its arguments down, runs the last argument's file as the agent, and knows `kill`.
const RUNTIME: &str = r#"#!/bin/sh
here=$(dirname "$0")
case "$1" in
    run)
        for word in "$@"; do printf '%s\n' "$word"; done > "$here/arguments"
        env > "$here/environment"
        for word in "$@"; do image=$word; done
        . "$here/$image"
        ;;
    kill) echo "$2" > "$here/killed"; kill -KILL $(cat "$here/outside") 2>/dev/null; exit 0 ;;
    version) [ ! -e "$here/broken" ] ;;
esac
"#;

struct Stand {
    folder: tempfile::TempDir,
    adapter: Arc<dyn Adapter>,
}

impl Stand {
    fn new(agent: &str, config: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = folder.path().join("runtime");
        fs::write(&runtime, RUNTIME).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("agent"), agent).unwrap();
        let mut config = config;
        config["image"] = "agent".into();
        config["runtime"] = runtime.to_str().unwrap().into();
        let adapter = adapter("container", &config);
        Self { folder, adapter }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    fn arguments(&self) -> Vec<String> {
        self.read("arguments").lines().map(str::to_owned).collect()
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

const ANSWERS: &str = r#"cat > "$here/request"; echo '{"payload":{}}' >&2
    echo '{"task_id":"task-1","status":"completed"}'"#;

#[tokio::test]
async fn a_container_is_limited_and_answers() {
    let stand = Stand::new(ANSWERS, json!({}));
    let (result, heard) = execute(&*stand.adapter, &request(), limits()).await;
    result.unwrap();
    assert_eq!(heard.sequences(), [0]);
    let arguments = stand.arguments();
    assert_eq!(arguments[..3], ["run", "-i", "--name"]);
    assert!(arguments[3].starts_with("atp-"));
    let expected = "--rm --memory 2g --memory-swap 2g --cpus 1 --pids-limit 256 --network none \
                    --security-opt no-new-privileges --cap-drop ALL agent";
    assert_eq!(arguments[4..].join(" "), expected);
    assert_eq!(stand.read("killed"), "");
}

#[tokio::test]
async fn secrets_are_passed_on_by_name() {
    let environment = json!({"API_KEY": "hunter22", "PATH": "/inside"});
    let stand = Stand::new(ANSWERS, json!({"environment": environment}));
    execute(&*stand.adapter, &request(), limits()).await.0.unwrap();
    let arguments = stand.arguments().join(" ");
    assert!(arguments.contains("-e API_KEY -e PATH=/inside"), "{arguments}");
    assert!(!arguments.contains("hunter22"));
    assert!(stand.read("environment").contains("API_KEY=hunter22"));
}

#[tokio::test]
async fn the_workspace_is_mounted_and_the_request_says_where() {
    let stand = Stand::new(ANSWERS, json!({"read_only_root": true, "auto_remove": false}));
    let mut request = request();
    let workspace = stand.path().join("space").to_str().unwrap().to_owned();
    request.context =
        Some(Context { workspace_path: Some(workspace.clone()), ..Context::default() });
    execute(&*stand.adapter, &request, limits()).await.0.unwrap();
    let arguments = stand.arguments().join(" ");
    assert!(arguments.contains(&format!("-v {workspace}:/workspace -w /workspace agent")));
    assert!(arguments.contains("--read-only") && !arguments.contains("--rm"));
    let seen = Request::parse(&stand.read("request")).unwrap();
    assert_eq!(seen.context.unwrap().workspace_path.as_deref(), Some("/workspace"));
}

#[tokio::test]
async fn only_allowed_paths_are_mounted_also_behind_links() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("open")).unwrap();
    fs::create_dir(path("closed")).unwrap();
    std::os::unix::fs::symlink(path("closed"), path("open/link")).unwrap();
    let mount = |host: String| {
        let allowed = json!([path("open")]);
        Stand::new(ANSWERS, json!({"volumes": {host: "/data"}, "allowed_volume_paths": allowed}))
    };
    let stand = mount(path("open"));
    execute(&*stand.adapter, &request(), limits()).await.0.unwrap();
    assert!(stand.arguments().contains(&format!("{}:/data", path("open"))));
    for host in ["closed", "open/link", "open/../closed", "open/missing"] {
        let failed = failure(execute(&*mount(path(host)).adapter, &request(), limits()).await.0);
        assert!(matches!(failed, Failure::Blocked { .. }), "{host}: {failed:?}");
    }
}

#[tokio::test]
async fn a_timeout_also_kills_the_container() {
    // What the service of a runtime starts is no child of its program: setsid without the mark.
    let mark = format!("outside-{}-end", std::process::id());
    let agent = format!(
        r#"env -i PATH="$PATH" MARK={mark} setsid sleep 60 </dev/null >/dev/null 2>&1 &
        echo $! > "$here/outside"; echo '{{"payload":{{}}}}' >&2; sleep 60"#
    );
    let stand = Stand::new(&agent, json!({}));
    let (result, heard) = execute(&*stand.adapter, &request(), short(500)).await;
    assert!(matches!(failure(result), Failure::Timeout { .. }));
    assert_eq!(heard.events.len(), 1);
    assert_eq!(stand.read("killed").trim(), stand.arguments()[3]);
    assert_ends(&mark).await;
}

#[tokio::test(start_paused = true)]
async fn a_command_to_kill_that_hangs_is_not_waited_for_for_ever() {
    let mark = format!("kill-{}-end", std::process::id());
    let stand = Stand::new("exit 3", json!({"environment": {"KILL_MARK": mark}}));
    let runtime = stand.path().join("runtime");
    let hangs = RUNTIME.replace("kill) echo", "kill) sleep 60; echo");
    fs::write(runtime, hangs).unwrap();
    let failed = failure(execute(&*stand.adapter, &request(), limits()).await.0);
    assert!(matches!(failed, Failure::Exit { .. } | Failure::Timeout { .. }), "{failed:?}");
    tokio::time::resume();
    assert_ends(&mark).await;
}

#[tokio::test]
async fn a_runtime_that_is_not_there_or_broken_is_told() {
    let stand = Stand::new(ANSWERS, json!({}));
    stand.adapter.health_check().await.unwrap();
    fs::write(stand.path().join("broken"), "").unwrap();
    let failed = stand.adapter.health_check().await.unwrap_err().failure;
    assert!(failed.to_string().ends_with("it exited with code 1"), "{failed}");

    let gone = adapter("container", &json!({"image": "agent", "runtime": "/no/such/docker"}));
    let failed = failure(execute(&*gone, &request(), limits()).await.0);
    assert_eq!(failed, Failure::NotFound { program: "/no/such/docker".into() });
}
