use super::*;
use proptest::prelude::*;
use std::os::unix::fs::symlink;

/// What one name of a random workspace is.
#[derive(Debug, Clone)]
enum Thing {
    File,
    Directory,
    Link(String),
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "c", "..", "missing"]);
    prop::collection::vec(segment, 1..5).prop_map(|segments| segments.join("/"))
}

fn thing() -> impl Strategy<Value = Thing> {
    prop_oneof![Just(Thing::File), Just(Thing::Directory), path().prop_map(Thing::Link)]
}

/// Makes each thing where its path allows it. The first of a name stays.
fn build(root: &Path, things: &[(String, Thing)]) {
    for (path, thing) in things {
        let path = root.join(path);
        // What cannot be made is not there: that is a case like any other.
        drop(match thing {
            Thing::File => fs::write(path, ""),
            Thing::Directory => fs::create_dir(path),
            Thing::Link(target) => symlink(target, path),
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// It finds what the system finds, unless the way leads out.
    #[test]
    fn follows_as_the_system_does(
        names in prop::collection::vec(
            (prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..3), thing()),
            1..12,
        ),
        paths in prop::collection::vec(path(), 8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap().join("workspace");
        fs::create_dir(&real).unwrap();
        let things: Vec<_> =
            names.into_iter().map(|(segments, thing)| (segments.join("/"), thing)).collect();
        build(&real, &things);
        let root = Root { real: real.clone(), given: &real };
        for path in paths {
            let ours = root.follow(Path::new(&path));
            match (fs::canonicalize(real.join(&path)), &ours) {
                (Ok(theirs), Entry::File(found)) => {
                    prop_assert!(theirs == *found && theirs.is_file(), "{path}");
                }
                (Ok(theirs), Entry::Directory(found)) => {
                    prop_assert!(theirs == *found && theirs.is_dir(), "{path}");
                }
                (Ok(theirs), Entry::Outside) => prop_assert!(!theirs.starts_with(&real), "{path}"),
                (Err(error), Entry::Nothing | Entry::DeadLink) => {
                    prop_assert!(is_absence(&error), "{path}: {error}");
                }
                (Err(_), Entry::Outside) => {}
                (Err(error), Entry::Unreadable(_)) => {
                    prop_assert!(!is_absence(&error), "{path}: {error}");
                }
                (theirs, ours) => prop_assert!(false, "{path}: {theirs:?}, ours {ours:?}"),
            }
        }
    }
}
