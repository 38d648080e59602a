//! No bytes make a parser panic, and what it accepts it writes so that it reads the same again.

use crate::noon;
use atp_protocol::{Event, EventDefaults, EventOrder, PartialEvent, Request, Response, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

const SEEDS: [&str; 3] = [
    r#"{"version":"1.0","task_id":"t","timestamp":"2024-01-01T00:00:00Z","sequence":3,"event_type":"progress","payload":{"a":[1,"x"]}}"#,
    r#"{"task_id":"t","status":"completed","artifacts":[{"path":"a","content":"\u00e9"},{"name":"n","data":{}}],"metrics":{"total_tokens":"5","cost_usd":1e-3}}"#,
    r#"{"task_id":"t","task":{"description":"d","expected_artifacts":["a"]},"context":{"environment":{"A":"b"}},"constraints":{"x":null}}"#,
];

fn parse_all(bytes: &[u8]) {
    if let Ok(event) = PartialEvent::parse(bytes) {
        let event = event.complete(&mut EventDefaults::new("t"), noon());
        drop(EventOrder::strict().check(&event));
        let line = serde_json::to_string(&event).unwrap();
        let again = Event::parse(&line, noon()).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), line);
    }
    if let Ok(response) = Response::parse(bytes) {
        let json = serde_json::to_string(&response).unwrap();
        let again = Response::parse(&json).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
    }
    if let Ok(request) = Request::parse(bytes) {
        assert_eq!(Request::parse(&request.to_json().unwrap()).unwrap(), request);
    }
}

/// Text made of the pieces of JSON, which gets further than bytes at random.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just(":".to_owned()),
        Just("null".to_owned()),
        Just("-".to_owned()),
        Just(r#""payload":{}"#.to_owned()),
        Just(r#""task_id":"#.to_owned()),
        Just(r#""timestamp":"#.to_owned()),
        Just(r#""artifacts":"#.to_owned()),
        Just(r#""\ud800""#.to_owned()),
        Just("1e400".to_owned()),
        "[0-9.eE+-]{1,12}",
        "\"[^\"]{0,8}\"",
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..200)) {
        parse_all(&bytes);
    }

    #[test]
    fn random_pieces(text in pieces()) {
        parse_all(text.as_bytes());
        parse_all(format!("{{{text}}}").as_bytes());
    }

    #[test]
    fn damaged_messages(
        seed in 0..SEEDS.len(), at in any::<prop::sample::Index>(), bytes in vec(any::<u8>(), 0..4),
        cut in 0..4_usize,
    ) {
        let mut text = SEEDS[seed].as_bytes().to_vec();
        let start = at.index(text.len());
        let end = (start + cut).min(text.len());
        text.splice(start..end, bytes);
        parse_all(&text);
    }

    #[test]
    fn what_reads_as_a_timestamp_is_written_as_one(text in "[0-9]{0,14}[-.eE+:TZ \u{2212}]{0,2}[0-9.eE+:TZ -]{0,26}") {
        if let Some(timestamp) = Timestamp::parse(&text) {
            prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Some(timestamp));
        }
    }

    #[test]
    fn any_moment_is_written_and_read_back(micros in any::<i64>()) {
        let timestamp = Timestamp::from_micros(micros);
        prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Some(timestamp));
    }

    #[test]
    fn any_value_in_any_field(
        field in prop::sample::select(vec![
            "version", "task_id", "timestamp", "sequence", "event_type", "status", "artifacts",
            "metrics", "error", "trace_id", "task", "constraints", "context", "metadata",
        ]),
        value in "[0-9.eE+:TZ-]{1,30}|\"[^\"\\\\]{0,40}\"|\\[.{0,10}\\]",
    ) {
        for seed in SEEDS {
            // Of two equal keys the last counts, so this replaces the seed's own value.
            let text = format!("{},\"{field}\":{value}}}", seed.strip_suffix('}').unwrap());
            parse_all(text.as_bytes());
        }
    }
}
