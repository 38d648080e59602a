//! JSON Schema, without ever leaving the schema that a suite gives.

use crate::config::{ConfigProblem, Settings};
use crate::finding::shown;
use atp_suite::Value;
use boon::{CompileError, Compiler, ErrorKind, SchemaIndex, Schemas, UrlLoader, ValidationError};
use std::error::Error;

/// What the schema is called. Nothing is at this address.
const ADDRESS: &str = "schema://suite/";

/// Problems that a message names.
const SHOWN: usize = 3;

/// A schema that is ready to validate with.
pub(crate) struct Schema {
    schemas: Schemas,
    root: SchemaIndex,
}

impl Schema {
    /// Reads `schema`: a mapping or a boolean, of the draft that its `$schema` names, else 2020-12.
    pub(crate) fn parse(settings: &Settings<'_>) -> Result<Self, ConfigProblem> {
        let expected = "a JSON schema";
        let value = settings.value("schema").ok_or_else(|| settings.missing("schema", expected))?;
        if !matches!(value, Value::Map(_) | Value::Bool(_)) {
            return Err(settings.unexpected("schema", expected, value));
        }
        let json = serde_json::to_value(value)
            .map_err(|error| settings.problem("schema", error.to_string()))?;
        let mut compiler = Compiler::new();
        compiler.use_loader(Box::new(NothingElse));
        let mut schemas = Schemas::new();
        let refused = |error: CompileError| settings.problem("schema", refusal(&error));
        compiler.add_resource(ADDRESS, json).map_err(refused)?;
        let root = compiler.compile(ADDRESS, &mut schemas).map_err(refused)?;
        Ok(Self { schemas, root })
    }

    /// Returns the first few things about a value that the schema does not allow.
    pub(crate) fn validate(&self, value: &serde_json::Value) -> Result<(), String> {
        self.schemas.validate(value, self.root).map_err(|error| summary(&error))
    }
}

/// Refuses to load what a schema refers to outside of itself.
struct NothingElse;

impl UrlLoader for NothingElse {
    fn load(&self, _: &str) -> Result<serde_json::Value, Box<dyn Error>> {
        Err("a schema must hold all that it refers to".into())
    }
}

fn refusal(error: &CompileError) -> String {
    match error {
        CompileError::ValidationError { src, .. } => format!("not a JSON schema: {}", summary(src)),
        other => format!("not a JSON schema: {other:#}").replace(ADDRESS, ""),
    }
}

/// The innermost causes, each with its place.
fn summary(error: &ValidationError<'_, '_>) -> String {
    let mut causes = Vec::new();
    collect(error, &mut causes);
    let more = causes.len().saturating_sub(SHOWN);
    let shown: Vec<_> = causes
        .iter()
        .take(SHOWN)
        .map(|error| {
            let place = error.instance_location.to_string();
            let place = if place.is_empty() { "the root" } else { &place };
            shown(&format!("at {}: {}", shown(place), error.kind)).into_owned()
        })
        .collect();
    match more {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

fn collect<'e, 's, 'v>(
    error: &'e ValidationError<'s, 'v>,
    causes: &mut Vec<&'e ValidationError<'s, 'v>>,
) {
    // A choice fails as a whole: that none of it fits says more than why each part does not.
    let is_choice = matches!(error.kind, ErrorKind::AnyOf | ErrorKind::OneOf(_));
    if error.causes.is_empty() || is_choice {
        causes.push(error);
    } else {
        for cause in &error.causes {
            collect(cause, causes);
        }
    }
}
