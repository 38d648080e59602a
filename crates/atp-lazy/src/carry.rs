//! Taking the current initialisation along to another thread or task.

use crate::context::{self, Node};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Makes `work` part of the initialisation that calls this, on whatever thread it runs.
///
/// An initialiser that waits for threads of its own wraps their work in this: then a cycle that
/// closes there is found, and what is first used there shows inside of it.
///
/// ```
/// use atp_lazy::{LazyModule, carry};
/// use std::thread;
///
/// static INDEX: LazyModule<usize> = LazyModule::new("index", || {
///     let part = thread::spawn(carry(|| INDEX.try_get().map_err(|error| error.to_string())));
///     assert_eq!(part.join().unwrap().unwrap_err(), "initialisation cycle: index -> index");
///     7
/// });
/// assert_eq!(INDEX.get(), &7);
/// ```
pub fn carry<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let node = context::current();
    move || {
        let _entered = node.as_ref().map(Node::enter);
        work()
    }
}

/// Makes `work` part of the initialisation that calls this, on whatever task it is awaited.
/// Dropping the future drops `work`.
///
/// ```
/// use atp_lazy::{AsyncModule, LazyModule, carry_async};
///
/// static PORT: LazyModule<u16> = LazyModule::new("port", || 8_000);
/// static SERVER: AsyncModule<u16> = LazyModule::new_async("server", || {
///     Box::pin(async {
///         // A task of its own, and still a part of starting the server.
///         tokio::spawn(carry_async(async { *PORT.get() })).await.unwrap_or_default()
///     })
/// });
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// assert_eq!(SERVER.get().await, &8_000);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn carry_async<F: Future>(work: F) -> impl Future<Output = F::Output> {
    Carried { work, node: context::current() }
}

pin_project! {
    struct Carried<F> {
        #[pin]
        work: F,
        node: Option<Arc<Node>>,
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.node.as_ref().map(Node::enter);
        this.work.poll(cx)
    }
}
