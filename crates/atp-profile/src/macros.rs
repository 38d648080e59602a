//! Spans with metadata that is evaluated only while profiling is on.

/// Opens a span of the process's profiler: `profile!("name", key = value, variable)`.
///
/// Values are anything that implements `Display`; they are borrowed, and not evaluated while
/// profiling is off. Do not pass secrets: metadata is printed and exported.
///
/// # Examples
///
/// ```
/// use atp_profile::{enable_profiling, profile};
///
/// enable_profiling();
/// let attempt = 2;
/// let _span = profile!("test_run", test_id = "test-001", attempt);
/// ```
#[macro_export]
macro_rules! profile {
    // What `#[profiled]` asks: whether the value of a function is an error.
    (@judge $span:ident, $value:ident) => {
        if $crate::__is_failure!(&$value) {
            $span.fail();
        }
    };
    ($name:expr $(,)?) => {
        $crate::profile($name)
    };
    ($name:expr, $($key:ident $(= $value:expr)?),+ $(,)?) => {
        $crate::profile_with($name, || $crate::__metadata!($($key $(= $value)?),+))
    };
}

/// Wraps a future in a span: `profile_async!("name", future, key = value)`.
///
/// An output that is a `Result` marks the span as failed when it is an error.
///
/// # Examples
///
/// ```
/// # async fn run() {
/// use atp_profile::profile_async;
///
/// let doubled = profile_async!("double", async { 2 * 21 }, test_id = "test-001").await;
/// assert_eq!(doubled, 42);
/// # }
/// ```
#[macro_export]
macro_rules! profile_async {
    ($name:expr, $future:expr $(, $key:ident $(= $value:expr)?)* $(,)?) => {
        $crate::profile_async_with(
            $name,
            $future,
            || $crate::__metadata!($($key $(= $value)?),*),
            |output| $crate::__is_failure!(output),
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __is_failure {
    ($output:expr) => {{
        #[allow(unused_imports, reason = "an output that is a Result has its own method")]
        use $crate::__private::AnyOutput as _;
        $crate::__private::Output($output).is_failure()
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __metadata {
    ($($key:ident $(= $value:expr)?),*) => {
        $crate::Metadata::new()$(.with(::core::stringify!($key), $crate::__value!($key $(= $value)?)))*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __value {
    ($key:ident) => {
        &$key
    };
    ($key:ident = $value:expr) => {
        &$value
    };
}

/// How a macro finds out whether a value it knows nothing about is an error.
#[doc(hidden)]
pub mod __private {
    /// The method of a `Result` is found first, since it is not a trait's.
    #[derive(Debug)]
    pub struct Output<'a, T>(pub &'a T);

    /// The method of everything else.
    pub trait AnyOutput {
        fn is_failure(&self) -> bool;
    }

    impl<T, E> Output<'_, Result<T, E>> {
        pub fn is_failure(&self) -> bool {
            self.0.is_err()
        }
    }

    impl<T> AnyOutput for Output<'_, T> {
        fn is_failure(&self) -> bool {
            false
        }
    }
}
