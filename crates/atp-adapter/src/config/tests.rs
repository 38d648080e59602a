use super::{ConfigDescription, ConfigField, Settings};
use serde_json::{Value, json};
use std::time::Duration;

const FIELDS: ConfigDescription = ConfigDescription::new(
    "Reaches nothing.",
    &[
        ConfigField::new("endpoint", "an address", "Where.").required(),
        ConfigField::new("timeout_seconds", "seconds above 0", "How long.").alias("timeout"),
        ConfigField::new("environment", "an object of text", "Variables."),
        ConfigField::new("args", "a list of text", "Arguments."),
        ConfigField::new("deep", "true or false", "Whether.").or("false"),
    ],
);

fn refusal(config: Value) -> String {
    let read = || {
        let settings = Settings::new("nothing", &FIELDS, &config)?;
        settings.text("endpoint")?;
        settings.seconds("timeout_seconds")?;
        settings.table("environment")?;
        settings.texts("args")?;
        settings.flag("deep")
    };
    read().unwrap_err().to_string()
}

#[test]
fn values_may_come_under_an_alias_and_as_text() {
    let config = json!({"endpoint": "x", "timeout": "2.5", "deep": "true", "args": null});
    let settings = Settings::new("nothing", &FIELDS, &config).unwrap();
    assert_eq!(settings.seconds("timeout_seconds"), Ok(Some(Duration::from_millis(2500))));
    assert_eq!(settings.flag("deep"), Ok(Some(true)));
    assert_eq!(settings.texts("args"), Ok(vec![]));
}

#[test]
fn a_misspelt_key_is_told_with_the_one_that_was_meant() {
    assert_eq!(
        refusal(json!({"endpoint": "x", "Enviroment": {}})),
        "nothing: unknown key \"Enviroment\"; did you mean environment?"
    );
}

#[test]
fn a_key_of_something_else_is_passed_over_and_can_be_told() {
    let config = json!({"endpoint": "x", "api_key": 1, "timeout": 1, "e".repeat(5000): 1});
    assert!(Settings::new("nothing", &FIELDS, &config).is_ok());
    let ignored: Vec<_> = FIELDS.ignored(&config).collect();
    assert_eq!(ignored, ["api_key", &"e".repeat(5000)]);
    assert_eq!(FIELDS.ignored(&json!([])).count(), 0);
}

#[test]
fn a_refusal_says_where_and_what_was_expected() {
    let cases = [
        (json!({}), "endpoint: expected an address, found nothing"),
        (json!([]), "the configuration: expected an object, found a list"),
        (json!({"endpoint": 7}), "endpoint: expected an address, found 7"),
        (json!({"endpoint": "x", "timeout_seconds": 0}), "expected seconds above 0, found 0"),
        (json!({"endpoint": "x", "timeout_seconds": "NaN"}), "found text of 3 characters"),
        (json!({"endpoint": "x", "timeout_seconds": 1e300}), "found 1e+300"),
        (json!({"endpoint": "x", "timeout": 1, "timeout_seconds": 1}), "one of the two names"),
        (json!({"endpoint": "x", "args": ["a", 1]}), "args[1]: expected text, found 1"),
        (json!({"endpoint": "x", "environment": {"A": []}}), "environment.A: expected text"),
    ];
    for (config, expected) in cases {
        let found = refusal(config);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn no_text_of_a_configuration_is_shown() {
    let config = json!({"endpoint": "x", "deep": "s3cret"});
    assert!(!refusal(config.clone()).contains("s3cret"));
    assert!(!format!("{:?}", Settings::new("nothing", &FIELDS, &config)).contains("s3cret"));
}
