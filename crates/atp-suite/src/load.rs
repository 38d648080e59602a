//! From a file, text or a directory to suites.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::document::SuiteDocument;
use crate::environment::Environment;
use crate::model::TestSuite;
use crate::problem::SuiteError;

/// One file of a directory and what became of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadedFile {
    /// The file: the directory's path, as it was given, with the name.
    pub path: PathBuf,
    /// The suite, or all that is wrong with it.
    pub result: Result<TestSuite, SuiteError>,
}

/// Loads a suite from text.
///
/// # Errors
///
/// All problems of the suite at once: what is not YAML ends the search, anything else does
/// not keep the rest of the file from being checked.
///
/// # Examples
///
/// ```
/// use atp_suite::{Environment, load_str};
///
/// let text = "test_suite: for ${WHO}\ntests:\n  - {id: a, name: A, task: {description: d}}\n";
/// let suite = load_str(text, &Environment::new().with("WHO", "Ada"))?;
/// assert_eq!((suite.name.as_str(), suite.tests.len()), ("for Ada", 1));
///
/// let error = load_str(text, &Environment::new()).unwrap_err();
/// assert_eq!((error.problems()[0].line, error.problems()[0].column), (1, 17));
/// # Ok::<(), atp_suite::SuiteError>(())
/// ```
pub fn load_str(text: impl Into<String>, env: &Environment) -> Result<TestSuite, SuiteError> {
    SuiteDocument::parse(text)?.expand(env)
}

/// Loads a suite from a file. It blocks, and reads no more than
/// [`MAX_FILE_BYTES`](crate::MAX_FILE_BYTES).
///
/// # Errors
///
/// As [`load_str`], and if the file cannot be read or is not UTF-8.
pub fn load_file(file: impl AsRef<Path>, env: &Environment) -> Result<TestSuite, SuiteError> {
    SuiteDocument::read(file)?.expand(env)
}

/// Loads every `.yaml` and `.yml` file of a directory, but not of those below it, in the
/// byte order of their names. It blocks.
///
/// One file that is wrong keeps no other from being loaded: each has a result of its own.
///
/// # Errors
///
/// If the directory cannot be listed.
///
/// # Examples
///
/// ```
/// use atp_suite::{Environment, load_dir};
///
/// # let folder = tempfile::tempdir()?;
/// # let suites = folder.path();
/// # std::fs::write(suites.join("a.yaml"), "tests: []\n")?;
/// # std::fs::write(suites.join("b.yaml"), "test_suite: b\ntests:\n  - {id: a, name: A, task: {description: d}}\n")?;
/// let mut wrong = 0;
/// for file in load_dir(suites, &Environment::process())? {
///     match file.result {
///         Ok(suite) => println!("{}: {} tests", suite.name, suite.tests.len()),
///         Err(error) => {
///             println!("{}", error.render());
///             wrong += 1;
///         }
///     }
/// }
/// # assert_eq!(wrong, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_dir(
    directory: impl AsRef<Path>,
    env: &Environment,
) -> Result<Vec<LoadedFile>, SuiteError> {
    let paths = suite_files(directory)?;
    let load = |path: PathBuf| LoadedFile { result: load_file(&path, env), path };
    Ok(paths.into_iter().map(load).collect())
}

/// Lists the files that [`load_dir`] loads, in its order, each as the directory's path with the
/// name. It blocks.
///
/// # Errors
///
/// If the directory cannot be listed.
pub fn suite_files(directory: impl AsRef<Path>) -> Result<Vec<PathBuf>, SuiteError> {
    let directory = directory.as_ref();
    let mut paths = list(directory).map_err(|error| SuiteError::read(directory, &error))?;
    paths.sort_unstable_by(|a, b| {
        a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes())
    });
    Ok(paths)
}

fn list(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let suite = path.extension().is_some_and(|end| end == OsStr::new("yaml") || end == "yml");
        // A directory may be called x.yaml; a link that leads nowhere is reported by its load.
        if suite && !path.is_dir() {
            paths.push(path);
        }
    }
    Ok(paths)
}
