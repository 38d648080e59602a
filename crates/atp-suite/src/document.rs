//! A suite file that is parsed but not yet expanded.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::finding::{Finding, Findings, Place};
use crate::limits::{self, MAX_FILE_BYTES};
use crate::locate::Locator;
use crate::model::TestSuite;
use crate::parse::{self, Parsed};
use crate::path;
use crate::problem::{ProblemKind, SuiteError};
use crate::schema;
use crate::variable::Variable;

/// A suite file, parsed and with its variables known but not yet filled in.
///
/// It can be expanded many times, in different environments. Two environments that agree on
/// its [`variables`](Self::variables) expand it to the same suite, and
/// [`relevant`](Self::relevant) gives just that part of an environment as a key.
///
/// # Examples
///
/// ```
/// use atp_suite::{Environment, SuiteDocument};
///
/// let document = SuiteDocument::parse("
/// test_suite: demo
/// tests:
///   - {id: one, name: One, task: {description: 'greet ${WHO:the world}'}}
/// ")?;
/// assert_eq!(document.variables()[0].name, "WHO");
///
/// let env = Environment::new().with("WHO", "Ada").with("HOME", "/root");
/// assert_eq!(document.relevant(&env), Environment::new().with("WHO", "Ada"));
/// assert_eq!(document.expand(&env)?.tests[0].task.description, "greet Ada");
/// # Ok::<(), atp_suite::SuiteError>(())
/// ```
#[derive(Clone)]
pub struct SuiteDocument {
    file: Option<PathBuf>,
    source: String,
    root: crate::node::Node,
    variables: Vec<Variable>,
    /// What parsing found wrong without having to give up, such as a key that is there twice.
    findings: Findings,
}

impl SuiteDocument {
    /// Parses text.
    ///
    /// # Errors
    ///
    /// If it is not one YAML document, or exceeds a limit. Anything else is for
    /// [`expand`](Self::expand) to say, which reports all problems of the file together.
    pub fn parse(text: impl Into<String>) -> Result<Self, SuiteError> {
        Self::parse_source(text.into(), None)
    }

    /// Reads and parses a file. It blocks.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and if the file cannot be read or is not UTF-8.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, SuiteError> {
        let file = file.as_ref();
        let bytes = read_bounded(file).map_err(|error| SuiteError::read(file, &error))?;
        Self::from_bytes(bytes, file)
    }

    /// Parses text that was read from `file`, which errors name.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and if the bytes are not UTF-8.
    pub fn from_bytes(bytes: Vec<u8>, file: impl AsRef<Path>) -> Result<Self, SuiteError> {
        let file = file.as_ref();
        // Before anything else, for the limit may have cut a character in two.
        limits::check_size(bytes.len())
            .map_err(|findings| SuiteError::new(findings, Some(file), "", None))?;
        match String::from_utf8(bytes) {
            Ok(source) => Self::parse_source(source, Some(file)),
            Err(error) => {
                let valid_up_to = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let message = format!("byte 0x{:02x} is not UTF-8", bytes[valid_up_to]);
                let place = Place::Offset(valid_up_to);
                let finding = Finding::new(ProblemKind::Read, &path::Path::Root, place, message);
                let text = String::from_utf8_lossy(&bytes);
                Err(SuiteError::new(finding.into(), Some(file), &text, None))
            }
        }
    }

    /// Returns the variables the file refers to, sorted by name, each once.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Returns the part of an environment that matters to this file.
    ///
    /// A variable that is set and one that is not differ here even where the default of the
    /// file would make them equal.
    pub fn relevant(&self, env: &Environment) -> Environment {
        let names = self.variables.iter().map(|variable| variable.name.as_str());
        names.filter_map(|name| Some((name, env.get(name)?))).collect()
    }

    /// Returns the file it was read from, if it was.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Fills in the variables, checks every rule of the format and applies the defaults.
    ///
    /// # Errors
    ///
    /// All problems found: keys that are there twice, variables without value and default, what
    /// the format does not take, and contradictions.
    pub fn expand(&self, env: &Environment) -> Result<TestSuite, SuiteError> {
        let known = self.findings.clone();
        let (suite, findings) = schema::read_suite(&self.root, &self.source, env, known);
        if findings.is_empty() {
            return Ok(suite);
        }
        Err(SuiteError::new(findings, self.file.as_deref(), &self.source, Some(&self.root)))
    }

    /// Returns the line and column, both from 1, of each of these paths, such as
    /// `tests[3].assertions[0].config.pattern`, for what others find wrong with a suite.
    ///
    /// A path ends at the key, not at its value. One that leads nowhere, or cannot be read, has
    /// the position of the last thing on its way. The text is parsed once more, however many
    /// paths there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use atp_suite::SuiteDocument;
    ///
    /// let text = "test_suite: demo\ntests:\n  - id: one\n    name: One\n";
    /// let document = SuiteDocument::parse(text)?;
    /// assert_eq!(document.locate(["tests[0].name", "tests[0].task"]), [(4, 5), (3, 5)]);
    /// # Ok::<(), atp_suite::SuiteError>(())
    /// ```
    pub fn locate<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Vec<(usize, usize)> {
        let mut locator = Locator::new(&self.source, Some(&self.root));
        let paths = paths.into_iter().map(path::parse);
        paths.map(|path| locator.place(&path, Place::Key)).collect()
    }

    fn parse_source(mut source: String, file: Option<&Path>) -> Result<Self, SuiteError> {
        if source.starts_with('\u{FEFF}') {
            source.drain(..'\u{FEFF}'.len_utf8());
        }
        match parse::parse(&source) {
            Ok(Parsed { root, variables, findings }) => {
                let variables = variables
                    .into_iter()
                    .map(|(name, has_default)| Variable { name, has_default })
                    .collect();
                let file = file.map(Path::to_owned);
                Ok(Self { file, source, root, variables, findings })
            }
            Err(findings) => Err(SuiteError::new(findings, file, &source, None)),
        }
    }
}

impl fmt::Debug for SuiteDocument {
    /// Leaves the text out: it may hold what should not be in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuiteDocument")
            .field("file", &self.file)
            .field("bytes", &self.source.len())
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

/// Reads a file, but not much more of it than the limit: it may be endless.
fn read_bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut opened = std::fs::File::open(file)?;
    let metadata = opened.metadata()?;
    if metadata.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    let expected = usize::try_from(metadata.len()).unwrap_or(0).min(MAX_FILE_BYTES);
    let mut bytes = Vec::with_capacity(expected + 1);
    opened.by_ref().take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
