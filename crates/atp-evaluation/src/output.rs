//! What a run left behind: its answer, its workspace and what it did.

use crate::activity::Activity;
use crate::content::Content;
use crate::finding::{listed, shown};
use crate::inner_path::{InnerPath, is_same, normalized};
use crate::limits::SEARCH_BYTES;
use crate::resolve::Entry;
use crate::workspace::{self, Workspace};
use atp_protocol::{Artifact, FileArtifact, Response};
use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

/// Everything that rules look at.
pub(crate) struct Output<'e> {
    pub(crate) response: &'e Response,
    pub(crate) workspace: Option<Workspace<'e>>,
    pub(crate) activity: &'e Activity,
}

/// The path of a file or reference, or the name of structured data.
pub(crate) fn name(artifact: &Artifact) -> &str {
    match artifact {
        Artifact::File(file) => &file.path,
        Artifact::Structured(data) => &data.name,
        Artifact::Reference(reference) => &reference.path,
    }
}

impl<'e> Output<'e> {
    /// The names of all artifacts in the answer.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'e str> + use<'e> {
        self.response.artifacts.iter().map(name)
    }

    /// Returns whether the answer lists an artifact of this name.
    pub(crate) fn lists(&self, path: &str) -> bool {
        self.names().any(|name| is_same(name, path))
    }

    /// What an artifact holds: the last content of that name in the answer, else the file in the
    /// workspace. The error is a sentence.
    pub(crate) fn artifact(&self, path: &str) -> Result<Content<'e>, String> {
        let in_answer = self.response.artifacts.iter().rev();
        let in_answer = in_answer.filter(|artifact| is_same(name(artifact), path));
        if let Some(content) = in_answer.filter_map(inline).next() {
            return Ok(content);
        }
        let inner = InnerPath::new(path).ok();
        let entry = inner.map_or(Entry::Nothing, |inner| self.in_workspace(&inner));
        match entry {
            Entry::File(file) => read(&file, path),
            Entry::Nothing if self.lists(path) => {
                Err(format!("the answer lists {} without its content", shown(path)))
            }
            Entry::Nothing => Err(self.absent(path)),
            other => Err(format!("{} is {}", shown(path), other.words())),
        }
    }

    /// What all artifacts of the answer hold, the later ones first, each name once, those that
    /// have nothing to read left out. Ends with an error where too much would be read.
    pub(crate) fn artifacts(&self) -> impl Iterator<Item = Result<(&'e str, Content<'e>), String>> {
        let mut names = HashSet::new();
        let mut from_files = 0;
        self.response.artifacts.iter().rev().filter_map(move |artifact| {
            let name = name(artifact);
            if !names.insert(normalized(name)) {
                return None;
            }
            if from_files > SEARCH_BYTES {
                return Some(Err("more than 64 MiB of files would have to be searched".into()));
            }
            let content = inline(artifact).or_else(|| self.artifact(name).ok())?;
            if matches!(artifact, Artifact::File(file) if file.content.is_none()) {
                from_files += content.bytes.len() as u64;
            }
            Some(Ok((name, content)))
        })
    }

    /// The last file of the answer that has this path and its content.
    pub(crate) fn inline_file(&self, path: &InnerPath) -> Option<&'e FileArtifact> {
        self.inline_files().filter(|(inner, _)| inner == path).map(|(_, file)| file).last()
    }

    /// The files of the answer that have their content, with their paths.
    pub(crate) fn inline_files(
        &self,
    ) -> impl Iterator<Item = (InnerPath, &'e FileArtifact)> + use<'e> {
        self.response.artifacts.iter().filter_map(|artifact| match artifact {
            Artifact::File(file) if file.content.is_some() => {
                Some((InnerPath::new(&file.path).ok()?, file))
            }
            _ => None,
        })
    }

    /// What a file holds: that of the answer, else that of the workspace.
    pub(crate) fn file(&self, path: &InnerPath) -> Result<Content<'e>, String> {
        if let Some(content) = self.inline_file(path).and_then(|file| file.content.as_deref()) {
            return Ok(Content::of_text(content));
        }
        match self.in_workspace(path) {
            Entry::File(file) => read(&file, path.as_str()),
            Entry::Nothing => Err(format!("there is no {path}")),
            other => Err(format!("{path} is {}", other.words())),
        }
    }

    /// What stands at a path of the workspace: nothing if there is none.
    pub(crate) fn in_workspace(&self, path: &InnerPath) -> Entry {
        self.workspace.as_ref().map_or(Entry::Nothing, |workspace| workspace.look(path))
    }

    /// Says that there is no such artifact, and which there are.
    pub(crate) fn absent(&self, wanted: &str) -> String {
        let names = listed(self.names());
        let wanted = shown(wanted);
        if names.is_empty() {
            format!("there is no {wanted}; the answer lists no artifacts")
        } else {
            format!("there is no {wanted}; the answer lists {names}")
        }
    }
}

/// The content that came with an artifact.
fn inline(artifact: &Artifact) -> Option<Content<'_>> {
    match artifact {
        Artifact::File(file) => file.content.as_deref().map(Content::of_text),
        Artifact::Structured(data) => Some(Content::of_data(data)),
        Artifact::Reference(_) => None,
    }
}

fn read(file: &Path, path: &str) -> Result<Content<'static>, String> {
    match workspace::read(file) {
        Ok(beginning) => {
            Ok(Content { bytes: Cow::Owned(beginning.bytes), is_cut: beginning.is_cut })
        }
        Err(error) => Err(format!("{} cannot be read: {error}", shown(path))),
    }
}
