//! A resource while it is lent.

use super::config::HealthCheck;
use super::shared::{Shared, Slot};
use super::state::Resource;
use crate::sync::lock;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A resource on loan from an [`AsyncPool`](super::AsyncPool).
///
/// It belongs to one user at a time and comes back by itself: there is no way to give it back
/// twice, or to the wrong pool.
#[must_use = "a lease that is dropped at once gives the resource back"]
pub struct Lease<T: Send + 'static, E: Send + 'static> {
    shared: Arc<Shared<T, E>>,
    /// None only while the lease is being taken apart.
    resource: Option<Resource<T>>,
    clean: bool,
}

impl<T: Send + 'static, E: Send + 'static> Lease<T, E> {
    pub(super) fn new(shared: Arc<Shared<T, E>>, resource: Resource<T>) -> Self {
        let clean = !shared.discard_unless_clean;
        Self { shared, resource: Some(resource), clean }
    }

    /// Says that the resource is fit for the next user, in a pool that
    /// [discards unless clean](super::PoolBuilder::discard_unless_clean).
    ///
    /// Mutable access afterwards takes the mark away again.
    pub fn mark_clean(&mut self) {
        self.clean = true;
    }

    /// Gives the slot back without the resource, which is cleaned up instead of lent again.
    pub fn discard(mut self) {
        if let Some(resource) = self.resource.take() {
            self.shared.give_back(resource, false);
        }
    }

    /// Asks `check`. An unhealthy resource comes back apart from its slot.
    ///
    /// Until the answer is there the lease counts as unclean: one dropped half-way is discarded.
    pub(super) async fn checked(mut self, check: &HealthCheck<T>) -> Result<Self, (T, Slot<T, E>)> {
        self.clean = false;
        let Some(resource) = &mut self.resource else { return Ok(self) };
        if check(&mut resource.value).await {
            self.clean = !self.shared.discard_unless_clean;
            return Ok(self);
        }
        let Some(resource) = self.resource.take() else { return Ok(self) };
        lock(&self.shared.state).discarded_by_holder();
        Err((resource.value, Slot::new(Arc::clone(&self.shared))))
    }

    /// Puts a resource that nobody has used yet back, whatever the pool asks of used ones.
    pub(super) fn give_back_unused(mut self) {
        self.clean = true;
    }

    fn value(&self) -> &T {
        &self.resource.as_ref().expect("a lease has its resource until it is taken apart").value
    }
}

impl<T: Send + 'static, E: Send + 'static> Drop for Lease<T, E> {
    fn drop(&mut self) {
        if let Some(resource) = self.resource.take() {
            // Unwinding means that somebody's code stopped half-way, perhaps in this resource.
            self.shared.give_back(resource, self.clean && !std::thread::panicking());
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> Deref for Lease<T, E> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value()
    }
}

impl<T: Send + 'static, E: Send + 'static> DerefMut for Lease<T, E> {
    fn deref_mut(&mut self) -> &mut T {
        self.clean = !self.shared.discard_unless_clean;
        let resource = self.resource.as_mut();
        &mut resource.expect("a lease has its resource until it is taken apart").value
    }
}

impl<T: fmt::Debug + Send + 'static, E: Send + 'static> fmt::Debug for Lease<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lease").field(self.value()).finish()
    }
}
