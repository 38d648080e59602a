use atp_memory::memory_size;
use mem_dbg::{False, FlatType, MemSize, SizeFlags};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// ME-21
#[test]
fn a_plain_value_has_its_own_size() {
    assert_eq!(memory_size(&42_u64), 8);
    assert_eq!(memory_size(&1.5_f32), 4);
    assert!(memory_size("borrowed") > 0);
}

/// ME-22, ME-23, ME-24: what a value owns counts, however deep.
#[test]
fn what_a_value_owns_counts() {
    assert_eq!(memory_size(&vec![0_u64; 1000]), size_of::<Vec<u64>>() + 8000);
    assert!(memory_size(&vec![0_u64; 1000]) > memory_size(&vec![0_u64; 3]));
    let map = |n: u64| (0..n).map(|key| (key, key.to_string())).collect::<HashMap<_, _>>();
    assert!(memory_size(&map(100)) > memory_size(&map(1)));
    let nested: BTreeMap<u64, Vec<String>> = BTreeMap::from([(1, vec!["x".repeat(5000)])]);
    assert!(memory_size(&nested) > 5000);
    let spare: Vec<u8> = Vec::with_capacity(4096);
    assert_eq!(memory_size(&spare), size_of::<Vec<u8>>() + 4096);
}

#[test]
fn what_is_shared_counts_once() {
    let text = Arc::new("x".repeat(100_000));
    let many = vec![text; 1000];
    let size = memory_size(&many);
    assert!((100_000..120_000).contains(&size), "{size}");
}

/// Implements the size of a type that contains itself, for which deriving it would not end.
macro_rules! recursive_size {
    ($type:ty: $($field:ident: $of:ty),+) => {
        impl FlatType for $type {
            type Flat = False;
        }

        impl MemSize for $type {
            fn mem_size_rec(&self, flags: SizeFlags, seen: &mut mem_dbg::HashMap<usize, usize>) -> usize {
                let mut size = size_of::<Self>();
                $(size += self.$field.mem_size_rec(flags, seen) - size_of::<$of>();)+
                size
            }
        }
    };
}

struct Node {
    name: String,
    next: RefCell<Option<Rc<Node>>>,
}

recursive_size!(Node: name: String, next: RefCell<Option<Rc<Node>>>);

/// ME-25: a value that points to itself ends the walk.
#[test]
fn a_cycle_ends() {
    let node = Rc::new(Node { name: "x".repeat(100), next: RefCell::new(None) });
    *node.next.borrow_mut() = Some(node.clone());
    let size = memory_size(&node);
    assert!((100..1000).contains(&size), "{size}");
    // Break it, so that it is freed.
    assert!(node.next.borrow_mut().take().is_some());
    assert_eq!(node.name.len(), 100);
}

struct Link {
    inner: Option<Box<Link>>,
}

recursive_size!(Link: inner: Option<Box<Link>>);

/// M12: 5,000 deep is no problem, and every field counts. (An iterator has no size to take: it is
/// refused by the compiler.)
#[test]
fn a_deep_value_is_walked_to_its_end() {
    let chain =
        (0..5000).fold(Link { inner: None }, |inner, _| Link { inner: Some(Box::new(inner)) });
    assert_eq!(memory_size(&chain), 5001 * size_of::<Link>());
}
