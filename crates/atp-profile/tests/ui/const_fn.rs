use atp_profile::profiled;

#[profiled]
const fn constant() -> u32 {
    1
}

fn main() {
    constant();
}
