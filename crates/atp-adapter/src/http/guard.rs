//! Which addresses may be connected to.

use super::target::Target;
use crate::error::Failure;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Host;

/// Whether addresses inside of the network are allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard {
    pub(super) allow_internal: bool,
}

/// An address that is not connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) host: String,
    pub(super) reason: &'static str,
}

/// Services that hand out the credentials of a machine, by their fixed addresses.
const METADATA: [IpAddr; 6] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
];

/// And by their names.
const METADATA_NAMES: [&str; 4] =
    ["metadata", "metadata.google.internal", "metadata.goog", "instance-data"];

impl Guard {
    /// Checks what an address tells without asking for the address of its name.
    pub(super) fn check_target(self, target: &Target) -> Result<(), Refused> {
        match target.host() {
            Some(Host::Ipv4(address)) => self.check_address(&address.to_string(), address.into()),
            Some(Host::Ipv6(address)) => self.check_address(&address.to_string(), address.into()),
            Some(Host::Domain(name)) => self.check_name(name),
            None => Ok(()),
        }
    }

    /// Checks an address that `host` has.
    pub(super) fn check_address(self, host: &str, address: IpAddr) -> Result<(), Refused> {
        let address = embedded(address);
        let refused = |reason| Err(Refused { host: host.to_owned(), reason });
        if METADATA.contains(&address) || is_link_local(address) {
            return refused("it is an address of cloud metadata");
        }
        if !self.allow_internal && is_internal(address) {
            return refused("it is inside of the network, and allow_internal is not set");
        }
        Ok(())
    }

    fn check_name(self, name: &str) -> Result<(), Refused> {
        let plain = name.trim_end_matches('.').to_ascii_lowercase();
        let refused = |reason| Err(Refused { host: name.to_owned(), reason });
        if METADATA_NAMES.contains(&plain.as_str()) {
            return refused("it is a name of cloud metadata");
        }
        let is_local = plain == "localhost" || plain.ends_with(".localhost");
        if !self.allow_internal && is_local {
            return refused("it is this machine, and allow_internal is not set");
        }
        Ok(())
    }
}

/// The IPv4 address that an IPv6 address leads to, if it does.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 =
        |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match [a, b, c, d, e, f] {
        // Mapped, as systems write it, translated (RFC 2765), and the older form of the same.
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] => v4(g, h),
        [0, 0, 0, 0, 0, 0] if (g, h) != (0, 0) && (g, h) != (0, 1) => v4(g, h),
        // NAT64 (RFC 6052) and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(_) => false,
    }
}

/// Whether an address is none of the public internet.
fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            let is_benchmark = a == 198 && (b == 18 || b == 19);
            let is_protocol = (a, b, c) == (192, 0, 0);
            address.is_private()
                || address.is_loopback()
                || address.is_documentation()
                || address.is_multicast()
                || (a == 0 || a >= 240 || is_shared || is_benchmark || is_protocol)
        }
        IpAddr::V6(address) => {
            let is_site_local = address.segments()[0] & 0xffc0 == 0xfec0;
            let is_documentation = matches!(address.segments(), [0x2001, 0xdb8, ..]);
            let is_translated = matches!(address.segments(), [0x64, 0xff9b, 1, ..]);
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_multicast()
                || (is_site_local || is_documentation || is_translated)
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Blocked { what: refused.host, reason: refused.reason.into() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused: {}", self.host, self.reason)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(address: &str, allow_internal: bool) -> bool {
        let target = Target::parse(&format!("http://{address}/")).unwrap();
        Guard { allow_internal }.check_target(&target).is_ok()
    }

    #[test]
    fn metadata_is_never_reached() {
        let addresses = [
            "169.254.169.254",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
            "2852039166",
            "0xa9.0xfe.0xa9.0xfe",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "[::ffff:0:169.254.169.254]",
            "[fe80::a9fe:a9fe]",
            "169.254.170.2",
            "100.100.100.200",
            "metadata.google.internal",
            "METADATA.google.internal.",
            "metadata",
        ];
        for address in addresses {
            assert!(!is_allowed(address, true), "{address}");
        }
    }

    #[test]
    fn internal_addresses_need_to_be_allowed() {
        let addresses = [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "127.1",
            "10.0.0.1",
            "172.16.0.1",
            "0.0.0.0",
            "192.168.1.1",
            "100.64.0.1",
            "[::1]",
            "[::]",
            "[fc00::1]",
            "[fe80::1]",
            "[::ffff:10.0.0.1]",
            "[::7f00:1]",
            "240.0.0.1",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "0x7f000001",
        ];
        for address in addresses {
            assert!(!is_allowed(address, false), "{address}");
            assert!(is_allowed(address, true), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in ["example.org", "93.184.216.34", "172.32.0.1", "[2606:2800:220:1::1]"] {
            assert!(is_allowed(address, false), "{address}");
        }
    }
}
