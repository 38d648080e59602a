use atp_profile::profile;

fn main() {
    let span = profile("held across an await");
    let task = async move {
        tokio::task::yield_now().await;
        drop(span);
    };
    drop(tokio::spawn(task));
}
