//! Any order of operations, against a model that a child could check.

use crate::{memory_dir, text};
use atp_cache::{CacheConfig, FileCache};
use filetime::FileTime;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

#[derive(Debug, Clone)]
enum Step {
    Get(usize),
    Load(usize),
    Put(usize),
    Invalidate(usize),
    Clear,
    Write(usize, u8),
    /// With the times as they were before.
    WriteUnseen(usize, u8),
    Touch(usize, u32),
    Remove(usize),
    Rename(usize, usize),
}

const FILES: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let file = 0..FILES;
    prop_oneof![
        3 => file.clone().prop_map(Step::Get),
        4 => file.clone().prop_map(Step::Load),
        1 => file.clone().prop_map(Step::Put),
        1 => file.clone().prop_map(Step::Invalidate),
        1 => Just(Step::Clear),
        2 => (file.clone(), 0..3_u8).prop_map(|(file, content)| Step::Write(file, content)),
        2 => (file.clone(), 0..3_u8).prop_map(|(file, content)| Step::WriteUnseen(file, content)),
        1 => (file.clone(), any::<u32>()).prop_map(|(file, time)| Step::Touch(file, time)),
        1 => file.clone().prop_map(Step::Remove),
        1 => (file.clone(), file).prop_map(|(from, to)| Step::Rename(from, to)),
    ]
}

/// What the cache may give for a file: `value`, made when the file held `of`.
#[derive(Debug, Clone)]
struct Kept {
    value: String,
    of: String,
    /// The file was neither written nor touched since, so there is no excuse for a miss.
    sure: bool,
}

struct Model {
    cache: FileCache<String>,
    paths: Vec<PathBuf>,
    files: BTreeMap<usize, String>,
    kept: Vec<Option<Kept>>,
    puts: u32,
}

impl Model {
    fn new(dir: &std::path::Path) -> Self {
        let paths = (0..FILES).map(|n| dir.join(n.to_string())).collect();
        let cache = FileCache::new(CacheConfig::new()).unwrap();
        let kept = vec![None; FILES];
        Self { cache, paths, files: BTreeMap::new(), kept, puts: 0 }
    }

    fn apply(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Get(file) => {
                let got = self.cache.get(&self.paths[file]).map(|value| value.to_string());
                match got {
                    Some(got) => self.served(file, &got)?,
                    None => self.missed(file)?,
                }
            }
            Step::Load(file) => {
                let got = self.cache.get_or_load(&self.paths[file], text);
                let got = got.ok().map(|value| value.to_string());
                let on_disk = self.files.get(&file).cloned();
                // What differs from the file is a value that was put, or wrong.
                if got != on_disk {
                    prop_assert!(got.is_some());
                    self.served(file, &got.unwrap())?;
                } else if let Some(kept) = self.kept[file].as_ref().filter(|kept| kept.sure) {
                    prop_assert_eq!(got.as_ref(), Some(&kept.value));
                } else {
                    self.kept[file] = on_disk.map(|of| Kept { value: of.clone(), of, sure: true });
                }
            }
            Step::Put(file) => {
                self.puts += 1;
                let value = format!("put {}", self.puts);
                let put = self.cache.put(&self.paths[file], value.clone());
                prop_assert_eq!(put.is_ok(), self.files.contains_key(&file));
                if let Some(of) = self.files.get(&file).cloned() {
                    self.kept[file] = Some(Kept { value, of, sure: true });
                }
            }
            Step::Invalidate(file) => {
                let dropped = self.cache.invalidate(&self.paths[file]);
                let kept = self.kept[file].take();
                prop_assert!(dropped || !kept.is_some_and(|kept| kept.sure));
            }
            Step::Clear => {
                let cleared = self.cache.clear();
                let sure = self.kept.iter().flatten().filter(|kept| kept.sure).count();
                prop_assert!((sure..=FILES).contains(&cleared));
                self.kept.fill(None);
            }
            Step::Write(file, content) => self.write(file, content),
            Step::WriteUnseen(file, content) => {
                let before = fs::metadata(&self.paths[file]).ok();
                self.write(file, content);
                if let Some(before) = before {
                    let modified = FileTime::from_last_modification_time(&before);
                    filetime::set_file_mtime(&self.paths[file], modified).unwrap();
                }
            }
            Step::Touch(file, time) => {
                let time = FileTime::from_unix_time(i64::from(time), 0);
                // Fails for a file that is not there.
                if filetime::set_file_mtime(&self.paths[file], time).is_ok() {
                    self.doubt(file);
                }
            }
            Step::Remove(file) => {
                if fs::remove_file(&self.paths[file]).is_ok() {
                    self.files.remove(&file);
                    self.doubt(file);
                }
            }
            Step::Rename(from, to) => {
                if from != to && fs::rename(&self.paths[from], &self.paths[to]).is_ok() {
                    let content = self.files.remove(&from).unwrap();
                    self.files.insert(to, content);
                    self.doubt(from);
                    self.doubt(to);
                }
            }
        }
        Ok(())
    }

    /// A value may be served if the file holds again, or still, what the value was made of.
    fn served(&mut self, file: usize, got: &str) -> Result<(), TestCaseError> {
        let on_disk = self.files.get(&file);
        let kept = self.kept[file].as_mut();
        let true_one = kept.filter(|kept| kept.value == got && Some(&kept.of) == on_disk);
        prop_assert!(true_one.is_some(), "{got:?} was served of {on_disk:?}");
        true_one.unwrap().sure = true;
        Ok(())
    }

    fn missed(&mut self, file: usize) -> Result<(), TestCaseError> {
        let kept = self.kept[file].take();
        prop_assert!(!kept.as_ref().is_some_and(|kept| kept.sure), "{kept:?} was not served");
        Ok(())
    }

    fn write(&mut self, file: usize, content: u8) {
        // All of the same size.
        let content = format!("content {content}");
        fs::write(&self.paths[file], &content).unwrap();
        self.files.insert(file, content);
        self.doubt(file);
    }

    fn doubt(&mut self, file: usize) {
        if let Some(kept) = &mut self.kept[file] {
            kept.sure = false;
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_cache_agrees_with_the_model(steps in prop::collection::vec(step(), 1..60)) {
        let dir = memory_dir();
        let mut model = Model::new(dir.path());
        for step in &steps {
            model.apply(step)?;
        }
    }
}
