//! The title of a report.

/// Returns `title` between two rules of `width` equals signs, each on a line of its own.
///
/// # Examples
///
/// ```
/// assert_eq!(atp_table::heading("Report", 8), "========\nReport\n========\n");
/// ```
#[must_use]
pub fn heading(title: &str, width: usize) -> String {
    let rule = "=".repeat(width);
    format!("{rule}\n{title}\n{rule}\n")
}
