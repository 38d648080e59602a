#!/bin/sh
# An agent in shell. It reads the request as one line of JSON from stdin, reports events as lines
# of JSON on stderr while it works, and writes its response as JSON to stdout.
#
#   atp run examples/suites/greeting.yaml --agent shell
set -eu

# The value of a key whose value is text without escapes. A real agent uses a JSON parser.
value() { printf '%s' "$request" | sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }
event() { printf '{"event_type":"%s","payload":%s}\n' "$1" "$2" >&2; }

request=$(cat)
task_id=$(value task_id)
workspace=$(value workspace_path)

event progress '{"message":"greeting"}'
printf 'Hello, world!\n' > "$workspace/greeting.txt"
event tool_call '{"tool":"write_file","input":{"path":"greeting.txt"},"status":"success"}'

cat <<END
{
  "task_id": "$task_id",
  "status": "completed",
  "artifacts": [{"type": "file", "path": "greeting.txt", "content": "Hello, world!\\n"}],
  "metrics": {"total_steps": 2, "tool_calls": 1, "total_tokens": 120}
}
END
