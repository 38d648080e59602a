//! Every path of operations that was seen, once for the whole session.

use std::collections::HashMap;

/// A place in the call tree together with the names that are open there.
///
/// Without recursion that is one path for each node. A name that is already open leads back to
/// the nearest ancestor of that name, so recursion of any shape keeps the tree finite; the set of
/// open names is what tells that an occurrence is an inner one.
#[derive(Debug)]
struct Path {
    node: u32,
    /// Sorted numbers of names.
    open: Box<[u32]>,
}

/// A node of the call tree as the report shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) parent: u32,
}

/// Where a span of some name leads from some path, and what is special about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) path: u32,
    pub(crate) flags: u32,
}

/// The path outside of all spans, and its node.
pub(crate) const ROOT: u32 = 0;

/// The path, and the node, of all that no longer found room.
pub(crate) const OVERFLOW: u32 = 1;

/// What that node is called.
pub(crate) const OVERFLOW_NAME: &str = "<overflow>";

/// Flag: the name is open already, so inclusive time is the outer occurrence's.
pub(crate) const RECURSIVE: u32 = 1;

/// Flag: only one in so many calls of this name is timed.
pub(crate) const SAMPLED: u32 = 2;

/// Append-only: a path that was handed out stays what it is.
#[derive(Debug)]
pub(crate) struct Paths {
    nodes: Vec<Node>,
    paths: Vec<Path>,
    node_index: HashMap<(u32, &'static str), u32>,
    path_index: HashMap<(u32, Box<[u32]>), u32>,
    names: HashMap<&'static str, u32>,
    max_paths: usize,
    max_depth: usize,
}

impl Paths {
    pub(crate) fn new(max_paths: usize, max_depth: usize) -> Self {
        let root = Node { name: "", parent: ROOT };
        let overflow = Node { name: OVERFLOW_NAME, parent: ROOT };
        let path = |node| Path { node, open: Box::default() };
        Self {
            nodes: vec![root, overflow],
            paths: vec![path(ROOT), path(OVERFLOW)],
            node_index: HashMap::new(),
            path_index: HashMap::new(),
            names: HashMap::new(),
            max_paths,
            max_depth,
        }
    }

    /// Returns where `name` leads from `from`, adding the path if there is room.
    pub(crate) fn step(&mut self, from: u32, name: &'static str) -> Step {
        if from == OVERFLOW {
            return Step { path: OVERFLOW, flags: RECURSIVE };
        }
        let full = self.paths.len() >= self.max_paths + 2;
        let known = self.names.get(name).copied();
        if full && known.is_none() {
            return Step { path: OVERFLOW, flags: 0 };
        }
        let next = self.names.len() as u32;
        let number = *self.names.entry(name).or_insert(next);

        let Path { node, ref open } = self.paths[from as usize];
        let (open, flags) = match open.binary_search(&number) {
            Ok(_) => (open.clone(), RECURSIVE),
            Err(_) if open.len() >= self.max_depth => return Step { path: OVERFLOW, flags: 0 },
            Err(place) => {
                let mut more = open.to_vec();
                more.insert(place, number);
                (more.into_boxed_slice(), 0)
            }
        };
        let folded = (flags == RECURSIVE).then(|| self.ancestor(node, name)).flatten();
        let target = folded.or_else(|| self.node_index.get(&(node, name)).copied());
        if let Some(target) = target
            && let Some(&path) = self.path_index.get(&(target, open.clone()))
        {
            return Step { path, flags };
        }
        if full {
            return Step { path: OVERFLOW, flags: 0 };
        }
        let target = target.unwrap_or_else(|| self.add_node(node, name));
        let path = self.paths.len() as u32;
        self.path_index.insert((target, open.clone()), path);
        self.paths.push(Path { node: target, open });
        Step { path, flags }
    }

    /// Returns the nodes by their number; a parent comes before its children.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the node of a path.
    pub(crate) fn node_of(&self, path: u32) -> u32 {
        self.paths.get(path as usize).map_or(OVERFLOW, |path| path.node)
    }

    /// Returns the name of a path's operation.
    pub(crate) fn name_of(&self, path: u32) -> &'static str {
        self.nodes[self.node_of(path) as usize].name
    }

    fn add_node(&mut self, parent: u32, name: &'static str) -> u32 {
        let node = self.nodes.len() as u32;
        self.nodes.push(Node { name, parent });
        self.node_index.insert((parent, name), node);
        node
    }

    /// Returns the nearest node called `name` from `node` up to the root.
    fn ancestor(&self, mut node: u32, name: &str) -> Option<u32> {
        while node != ROOT {
            let Node { name: here, parent } = self.nodes[node as usize];
            if here == name {
                return Some(node);
            }
            node = parent;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(paths: &mut Paths, names: &[&'static str]) -> Step {
        let root = Step { path: ROOT, flags: 0 };
        names.iter().fold(root, |step, name| paths.step(step.path, name))
    }

    #[test]
    fn equal_paths_are_one_whatever_the_order_of_their_first_sight() {
        let mut paths = Paths::new(100, 10);
        let deep = walk(&mut paths, &["a", "b", "c"]);
        let other = walk(&mut paths, &["b", "a", "c"]);
        assert_ne!(deep, other);
        assert_eq!(walk(&mut paths, &["a", "b", "c"]), deep);
        assert_eq!(paths.name_of(deep.path), "c");
    }

    #[test]
    fn recursion_of_any_shape_leads_back() {
        let mut paths = Paths::new(100, 10);
        let outer = walk(&mut paths, &["f"]);
        let inner = walk(&mut paths, &["f", "f"]);
        assert_eq!(inner, Step { path: outer.path, flags: RECURSIVE });

        let g = walk(&mut paths, &["f", "g"]);
        let again = walk(&mut paths, &["f", "g", "f", "g"]);
        assert_eq!(paths.node_of(again.path), paths.node_of(g.path));
        assert_eq!(again.flags, RECURSIVE, "the outer g is open while the inner one runs");
        let many: Vec<_> = ["f", "g", "h"].into_iter().cycle().take(300).collect();
        walk(&mut paths, &many);
        assert!(paths.paths.len() < 12, "{}", paths.paths.len());
    }

    #[test]
    fn what_finds_no_room_overflows_and_the_known_stays_known() {
        let mut paths = Paths::new(2, 10);
        let known = walk(&mut paths, &["a", "b"]);
        assert_eq!(walk(&mut paths, &["a", "c"]).path, OVERFLOW);
        assert_eq!(walk(&mut paths, &["a", "c", "d"]), Step { path: OVERFLOW, flags: RECURSIVE });
        assert_eq!(walk(&mut paths, &["a", "b"]), known);
        assert_eq!(paths.nodes().len(), 4);
    }

    #[test]
    fn what_is_too_deep_overflows() {
        let mut paths = Paths::new(100, 2);
        assert_eq!(walk(&mut paths, &["a", "b", "c"]).path, OVERFLOW);
    }
}
