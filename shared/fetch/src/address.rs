//! Which addresses may be connected to.
//!
//! Separate because it is a table of registries, and the whole of what keeps a URL from reaching this machine, its neighbours
//! and the service of its cloud that hands out credentials. It must never ask anybody: an address in, an answer out.
//!
//! Sources: the IANA registries of special-purpose IPv4 and IPv6 addresses.

use crate::PrivateAddresses;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Anybody's.
    Public,
    /// This machine's, or of a private network: may be allowed.
    Private,
    /// Never.
    Closed,
}

/// Networks of IPv4 that are not public.
#[rustfmt::skip]
const V4: &[(Ipv4Addr, u32, Scope)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, Scope::Closed),        // this network; 0.0.0.0 reaches this machine
    (Ipv4Addr::new(100, 100, 100, 200), 32, Scope::Closed), // Alibaba's metadata
    (Ipv4Addr::new(10, 0, 0, 0), 8, Scope::Private),      // RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10, Scope::Private),   // RFC 6598, shared by carriers
    (Ipv4Addr::new(127, 0, 0, 0), 8, Scope::Private),     // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32, Scope::Closed), // Azure's platform, although in a public range
    (Ipv4Addr::new(169, 254, 0, 0), 16, Scope::Closed),   // link-local: metadata of AWS, Azure, Google and others
    (Ipv4Addr::new(172, 16, 0, 0), 12, Scope::Private),   // RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24, Scope::Closed),     // protocol assignments; Oracle's metadata
    (Ipv4Addr::new(192, 0, 2, 0), 24, Scope::Closed),     // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24, Scope::Closed),  // AS112
    (Ipv4Addr::new(192, 52, 193, 0), 24, Scope::Closed),  // AMT
    (Ipv4Addr::new(192, 88, 99, 0), 24, Scope::Closed),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16, Scope::Private),  // RFC 1918
    (Ipv4Addr::new(192, 175, 48, 0), 24, Scope::Closed),  // AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15, Scope::Closed),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24, Scope::Closed),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24, Scope::Closed),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 3, Scope::Closed),      // multicast, reserved, broadcast
];

/// Networks of IPv6 that are not public, inside and outside of the public 2000::/3.
#[rustfmt::skip]
const V6: &[(Ipv6Addr, u32, Scope)] = &[
    (Ipv6Addr::LOCALHOST, 128, Scope::Private),
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32, Scope::Closed),       // metadata of AWS
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0), 32, Scope::Closed),        // metadata of Google
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Scope::Private),           // unique local
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Scope::Closed),           // protocol assignments, Teredo
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Scope::Closed),       // documentation
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48, Scope::Closed),   // AS112
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Scope::Closed),           // documentation
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Scope::Public),
];

/// The address, and the IPv4 address that a packet to it ends at where it is another: lists of networks must look at both.
pub(crate) fn ends(address: IpAddr) -> impl Iterator<Item = IpAddr> {
    let inner = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => embedded_v4(address).map(IpAddr::V4),
    };
    [Some(address), inner].into_iter().flatten()
}

/// Whether that address may be connected to.
pub(crate) fn may_connect(address: IpAddr, private: PrivateAddresses) -> bool {
    let scope = match address {
        IpAddr::V4(address) => scope_v4(address),
        IpAddr::V6(address) => scope_v6(address),
    };
    match scope {
        Scope::Public => true,
        Scope::Private => private == PrivateAddresses::Allowed,
        Scope::Closed => false,
    }
}

fn scope_v4(address: Ipv4Addr) -> Scope {
    for (network, prefix, scope) in V4 {
        if (u32::from(address) ^ u32::from(*network)) >> (32 - prefix) == 0 {
            return *scope;
        }
    }
    Scope::Public
}

fn scope_v6(address: Ipv6Addr) -> Scope {
    if let Some(inner) = embedded_v4(address) {
        return scope_v4(inner);
    }
    for (network, prefix, scope) in V6 {
        if (u128::from(address) ^ u128::from(*network)) >> (128 - prefix) == 0 {
            return *scope;
        }
    }
    Scope::Closed
}

/// The IPv4 address that a packet to this one ends at: mapped `::ffff:0:0/96`, translated `64:ff9b::/96`, 6to4 `2002::/16`.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(v4(g, h)),
        [0x2002, ..] => Some(v4(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_may_be_connected_to_unless_private_ones_are_allowed() {
        #[rustfmt::skip]
        let table: &[(&str, bool, bool)] = &[
            ("1.1.1.1", true, true), ("8.8.8.8", true, true), ("99.255.255.255", true, true), ("100.128.0.1", true, true),
            ("11.0.0.1", true, true), ("128.0.0.1", true, true), ("172.15.0.1", true, true), ("172.32.0.1", true, true),
            ("192.0.1.1", true, true), ("223.255.255.255", true, true), ("169.253.0.1", true, true),
            ("10.0.0.1", false, true), ("127.0.0.1", false, true), ("127.255.255.254", false, true),
            ("172.16.0.1", false, true), ("172.31.255.255", false, true), ("192.168.1.1", false, true),
            ("100.64.0.1", false, true), ("100.127.255.255", false, true), ("100.100.100.200", false, false),
            ("0.0.0.0", false, false), ("0.1.2.3", false, false), ("169.254.169.254", false, false),
            ("169.254.170.2", false, false), ("168.63.129.16", false, false), ("192.0.0.192", false, false),
            ("192.0.2.1", false, false), ("198.18.0.1", false, false), ("198.19.255.255", false, false),
            ("198.51.100.1", false, false), ("203.0.113.1", false, false), ("192.88.99.1", false, false),
            ("224.0.0.1", false, false), ("239.255.255.255", false, false), ("240.0.0.1", false, false),
            ("255.255.255.255", false, false),
            ("2606:4700::1111", true, true), ("2a00:1450::1", true, true), ("2001:4860:4860::8888", true, true),
            ("::1", false, true), ("fd12:3456::1", false, true), ("fc00::1", false, true),
            ("::", false, false), ("fe80::1", false, false), ("febf::1", false, false), ("fec0::1", false, false),
            ("ff02::1", false, false), ("fd00:ec2::254", false, false), ("fd20:ce::254", false, false),
            ("2001:db8::1", false, false), ("2001::1", false, false), ("2001:2::1", false, false),
            ("3fff::1", false, false), ("100::1", false, false), ("5f00::1", false, false), ("4000::1", false, false),
            ("::ffff:1.1.1.1", true, true), ("::ffff:127.0.0.1", false, true), ("::ffff:169.254.169.254", false, false),
            ("::127.0.0.1", false, false), ("::1.1.1.1", false, false), ("::ffff:0:127.0.0.1", false, false),
            ("64:ff9b::1.1.1.1", true, true), ("64:ff9b::10.0.0.1", false, true), ("64:ff9b::169.254.169.254", false, false),
            ("64:ff9b:1::1.1.1.1", false, false),
            ("2002:101:101::1", true, true), ("2002:7f00:1::1", false, true), ("2002:a9fe:a9fe::1", false, false),
        ];
        for (text, by_default, with_private) in table {
            let address = text.parse().unwrap();
            assert_eq!(may_connect(address, PrivateAddresses::Refused), *by_default, "{text}");
            assert_eq!(may_connect(address, PrivateAddresses::Allowed), *with_private, "{text}");
        }
    }
}
