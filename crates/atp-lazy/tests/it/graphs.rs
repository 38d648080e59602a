//! Any graph of needs, asked from several threads or tasks at once: exactly the nodes from which
//! no ring is reached get a value, and nobody hangs.

use atp_lazy::{DeferredRegistry, InitError, LazyModule, RegistryError};
use proptest::prelude::*;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};
use std::thread;

const NODES: usize = 6;
const THREADS: usize = 3;

/// What each node needs, in order.
fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let needs = proptest::collection::vec(0..NODES, 0..3);
    proptest::collection::vec(needs, NODES)
}

/// Tells from which nodes a ring is reached: those that stay when all without needs are taken off
/// again and again.
fn doomed(graph: &[Vec<usize>]) -> [bool; NODES] {
    let mut doomed = [true; NODES];
    for _ in 0..NODES {
        for node in 0..NODES {
            doomed[node] = graph[node].iter().any(|&need| doomed[need]);
        }
    }
    doomed
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Node = LazyModule<usize, atp_lazy::Async<Box<dyn Fn() -> Boxed<usize> + Send + Sync>>>;

fn async_nodes(graph: &[Vec<usize>]) -> Arc<OnceLock<Vec<Node>>> {
    let nodes = Arc::new(OnceLock::new());
    let all = graph.iter().map(|needs| {
        let (needs, nodes): (_, Weak<OnceLock<Vec<Node>>>) =
            (needs.clone(), Arc::downgrade(&nodes));
        let init = move || -> Boxed<usize> {
            let (needs, nodes) = (needs.clone(), nodes.upgrade().expect("a test holds it"));
            Box::pin(async move {
                let nodes = nodes.get().expect("set before it is asked");
                let mut sum = 1;
                for need in needs {
                    tokio::task::yield_now().await;
                    sum += nodes[need].get().await;
                }
                sum
            })
        };
        let init: Box<dyn Fn() -> Boxed<usize> + Send + Sync> = Box::new(init);
        LazyModule::new_async("node", init)
    });
    assert!(nodes.set(all.collect()).is_ok());
    nodes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn on_threads(graph in graphs(), starts in proptest::collection::vec(0..NODES, THREADS)) {
        let registry = Arc::new(DeferredRegistry::<usize, usize>::new("graph"));
        for (node, needs) in graph.iter().cloned().enumerate() {
            let others = Arc::downgrade(&registry);
            let init = move || {
                let others = others.upgrade().expect("a test holds it");
                needs.iter().map(|need| others.get(need).expect("known")).sum::<usize>() + 1
            };
            registry.register(node, init).expect("each is registered once");
        }
        let doomed = doomed(&graph);
        thread::scope(|scope| {
            let ask = |start: usize| {
                let registry = &registry;
                let nodes = (start..NODES).chain(0..start);
                move || nodes.map(|node| (node, registry.try_get(&node))).collect::<Vec<_>>()
            };
            let threads: Vec<_> = starts.iter().map(|&start| scope.spawn(ask(start))).collect();
            for thread in threads {
                for (node, outcome) in thread.join().expect("try_get does not panic") {
                    match outcome {
                        Ok(_) => assert!(!doomed[node], "{node} of {graph:?}"),
                        Err(RegistryError::Init(InitError::Cycle(_))) => {
                            assert!(doomed[node], "{node} of {graph:?}");
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        });
    }

    #[test]
    fn on_tasks(graph in graphs(), starts in proptest::collection::vec(0..NODES, THREADS)) {
        let doomed = doomed(&graph);
        let nodes = async_nodes(&graph);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        runtime.expect("a runtime").block_on(async {
            let ask = |start: usize| {
                let nodes = Arc::clone(&nodes);
                async move {
                    let all = nodes.get().expect("set");
                    let mut outcomes = Vec::new();
                    for node in (start..NODES).chain(0..start) {
                        outcomes.push((node, all[node].try_get().await.copied()));
                    }
                    outcomes
                }
            };
            let tasks: Vec<_> = starts.iter().map(|&start| tokio::spawn(ask(start))).collect();
            for task in tasks {
                for (node, outcome) in task.await.expect("try_get does not panic") {
                    match outcome {
                        Ok(_) => assert!(!doomed[node], "{node} of {graph:?}"),
                        Err(InitError::Cycle(_)) => assert!(doomed[node], "{node} of {graph:?}"),
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        });
    }
}
