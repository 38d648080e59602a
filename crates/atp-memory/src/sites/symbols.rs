//! Names for return addresses.

#[cfg(feature = "sites")]
use crate::allocator::census::uncounted;
use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

/// A function that was on the stack of an allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StackFrame {
    /// Its path; `None` if the program carries no name for it.
    pub(super) function: Option<String>,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
}

/// The parts of std, what they are built of, and the way into the allocator.
const LIBRARIES: [&str; 6] = ["alloc", "core", "std", "hashbrown", "__rustc", "backtrace"];

/// Where the sources of std are, by how it was built.
const LIBRARY_SOURCES: [&str; 3] = ["/rustc/", "/rustlib/src/rust/library/", "/rust/deps/"];

impl StackFrame {
    /// The function's path. With line tables alone the debug information has no more than the last
    /// part of it, which is then told apart by its file.
    pub(super) fn name(&self) -> Cow<'_, str> {
        match (self.function.as_deref(), self.file.as_deref()) {
            (Some(name), Some(file)) if is_bare(name) => {
                let mut parts = file.rsplit(['/', '\\']);
                let (file, folder) = (parts.next().unwrap_or(file), parts.next().unwrap_or(""));
                Cow::Owned(format!("{name} ({folder}/{file})"))
            }
            (Some(name), _) => Cow::Borrowed(name),
            (None, _) => Cow::Borrowed(super::UNNAMED),
        }
    }

    fn path(&self) -> Option<&str> {
        self.function.as_deref().filter(|name| !is_bare(name))
    }

    /// Tells whether the frame is this crate's own, of the allocator and what it calls.
    pub(super) fn is_tracking(&self) -> bool {
        const OWN_PATH: &str = concat!(env!("CARGO_CRATE_NAME"), "::allocator::");
        // Debug information and `file!` spell the path of a source alike.
        let own_source = file!().trim_end_matches("sites/symbols.rs");
        match (self.path(), &self.file) {
            (Some(path), _) => path.trim_start_matches('<').starts_with(OWN_PATH),
            (None, Some(file)) => {
                let inner = file.split_once(own_source).map(|(_, inner)| inner);
                inner.is_some_and(|inner| inner.starts_with("allocator"))
            }
            (None, None) => false,
        }
    }

    /// Tells whether the frame belongs to std, which allocates on behalf of its caller.
    pub(super) fn is_library(&self) -> bool {
        let Some(name) = self.function.as_deref() else { return true };
        if name.starts_with("__r") {
            return true;
        }
        match (self.path(), &self.file) {
            (Some(_), _) => self.crate_name().is_some_and(|name| LIBRARIES.contains(&name)),
            (None, Some(file)) => {
                LIBRARY_SOURCES.iter().any(|sources| file.contains(sources))
                    || self.crate_name() == Some("hashbrown")
            }
            (None, None) => false,
        }
    }

    /// The crate that the function is defined in, as far as its path tells, or that of its file.
    ///
    /// In `<a::Type as b::Trait>::method` that is `a`, unless `a` is a part of std and `b` is not:
    /// then the impl must be in `b`. A type without a path, such as a type parameter or a
    /// primitive, leaves `b`.
    pub(super) fn crate_name(&self) -> Option<&str> {
        let Some(path) = self.path() else { return package(self.file.as_deref()?) };
        let Some(inner) = path.strip_prefix('<') else { return root(path) };
        let (own, of_trait) = match inner.split_once(" as ") {
            Some((own, of_trait)) => (root(own), root(of_trait)),
            None => (root(inner), None),
        };
        match (own, of_trait) {
            (Some(own), Some(of_trait)) if LIBRARIES.contains(&own) => Some(of_trait),
            (own, of_trait) => own.or(of_trait),
        }
    }
}

/// Tells whether a name has no path, whatever its type parameters have.
fn is_bare(name: &str) -> bool {
    name.split_once('<').map_or(name, |(before, _)| before).find("::").is_none()
        && !name.starts_with('<')
}

/// The folder that cargo keeps a package's targets in, without the version that the registry adds.
fn package(file: &str) -> Option<&str> {
    let folders = ["/src/", "/tests/", "/benches/", "/examples/"];
    let end = folders.iter().filter_map(|folder| file.rfind(folder)).min()?;
    let name = file[..end].rsplit(['/', '\\']).next()?;
    let version =
        name.rfind('-').filter(|at| name[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    Some(&name[..version.unwrap_or(name.len())])
}

/// The first part of a path, if it has several.
fn root(path: &str) -> Option<&str> {
    let path = path.trim_start_matches(['<', '&', '*', '[', '(']);
    let path = path.strip_prefix("mut ").or_else(|| path.strip_prefix("const ")).unwrap_or(path);
    let path = path.strip_prefix("dyn ").unwrap_or(path).trim_start_matches('<');
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let (name, rest) = path.split_at(end);
    // The newer mangling puts a hash in brackets behind the name.
    let rest = rest.strip_prefix('[').and_then(|hash| hash.split_once(']')).map_or(rest, |r| r.1);
    (!name.is_empty() && rest.starts_with("::")).then_some(name)
}

/// Names that have been looked up, so that each is looked up once.
#[derive(Debug, Default)]
pub(super) struct Symbols(HashMap<usize, Rc<[StackFrame]>>);

impl Symbols {
    /// Returns the functions at return addresses, innermost first; one address is several where
    /// functions were inlined.
    pub(super) fn frames(&mut self, addresses: &[usize]) -> Vec<StackFrame> {
        let known =
            |address: &usize| self.0.entry(*address).or_insert_with(|| look_up(*address)).to_vec();
        addresses.iter().flat_map(known).collect()
    }
}

impl Drop for Symbols {
    fn drop(&mut self) {
        // What `backtrace` keeps of the debug information can be larger than the heap that is
        // being reported on.
        #[cfg(feature = "sites")]
        uncounted(backtrace::clear_symbol_cache);
    }
}

/// Asks the debug information, as bookkeeping: reading it takes far more than what it tells.
#[cfg(feature = "sites")]
fn look_up(address: usize) -> Rc<[StackFrame]> {
    let found = uncounted(|| {
        let mut frames = Vec::new();
        backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
            frames.push(StackFrame {
                // The alternate form leaves the hash out.
                function: symbol.name().map(|name| format!("{name:#}")),
                file: symbol.filename().map(|file| file.display().to_string()),
                line: symbol.lineno(),
            });
        });
        if frames.is_empty() {
            frames.push(StackFrame::default());
        }
        frames
    });
    let frames = found.as_slice().into();
    uncounted(|| drop(found));
    frames
}

#[cfg(not(feature = "sites"))]
fn look_up(_address: usize) -> Rc<[StackFrame]> {
    Rc::from([StackFrame::default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str) -> StackFrame {
        StackFrame { function: Some(function.to_owned()), ..StackFrame::default() }
    }

    #[test]
    fn the_crate_is_that_of_the_impl() {
        for (path, expected) in [
            ("my_app::load::parse", Some("my_app")),
            ("my_app[1f2e]::load", Some("my_app")),
            ("<my_app::Suite as core::clone::Clone>::clone", Some("my_app")),
            ("<&mut my_app::Reader as std::io::Read>::read", Some("my_app")),
            ("<dyn my_app::Agent>::name", Some("my_app")),
            ("<alloc::vec::Vec<T> as my_app::Size>::size", Some("my_app")),
            ("<alloc::vec::Vec<T> as core::clone::Clone>::clone", Some("core")),
            ("<T as alloc::string::ToString>::to_string", Some("alloc")),
            ("<[T] as alloc::borrow::ToOwned>::to_owned", Some("alloc")),
            ("alloc::raw_vec::RawVec<T,A>::grow_one", Some("alloc")),
            ("main", None),
            ("<", None),
            ("", None),
        ] {
            assert_eq!(frame(path).crate_name(), expected, "{path}");
        }
    }

    #[test]
    fn a_bare_name_is_placed_by_its_file() {
        let bare = |file: &str| StackFrame { file: Some(file.to_owned()), ..frame("load") };
        let own = bare("/home/me/my-app/src/load/suite.rs");
        assert_eq!(own.name(), "load (load/suite.rs)");
        assert_eq!(own.crate_name(), Some("my-app"));
        assert!(!own.is_library() && !own.is_tracking());
        let registry = "/home/me/.cargo/registry/src/index-1/serde_json-1.0.154/src/de.rs";
        assert_eq!(bare(registry).crate_name(), Some("serde_json"));
        assert!(bare("/rustc/59807616/library/alloc/src/vec/mod.rs").is_library());
        assert!(bare("/x/hashbrown-0.16.1/src/raw.rs").is_library());
        assert!(bare(&file!().replace("sites/symbols.rs", "allocator/slot.rs")).is_tracking());
        assert!(!bare(file!()).is_tracking());
        let generic =
            StackFrame { file: Some("/a/src/b.rs".into()), ..frame("load<std::io::Stdin>") };
        assert_eq!(generic.name(), "load<std::io::Stdin> (src/b.rs)");
        assert_eq!(bare("suite.rs").crate_name(), None);
    }

    #[test]
    fn std_and_the_allocator_are_passed_over() {
        assert!(frame("__rust_alloc").is_library());
        assert!(frame("__rustc::__rust_realloc").is_library());
        assert!(frame("<alloc::string::String as core::clone::Clone>::clone").is_library());
        assert!(StackFrame::default().is_library());
        assert!(!frame("my_app::run").is_library());
        assert!(!frame("main").is_library());
        assert!(frame("atp_memory::allocator::sampler::due").is_tracking());
        let method = "<atp_memory::allocator::TrackingAllocator<A> as core::alloc::global::GlobalAlloc>::alloc";
        assert!(frame(method).is_tracking());
        assert!(!frame("atp_memory::scope::track_memory").is_tracking());
    }
}
