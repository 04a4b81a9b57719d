//! Which addresses are of the public Internet.
//!
//! Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>), with the entries up to RFC 9637. Of what they mark as globally
//! reachable, blocks of services that anybody may ask, such as 192.31.196.0/24 (AS112), are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not public.
const NOT_PUBLIC_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8), // "this network", RFC 791; Linux connects 0.0.0.0 to itself
    (Ipv4Addr::new(10, 0, 0, 0), 8), // private use, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10), // shared by the customers of a provider, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8), // loopback, RFC 1122
    (Ipv4Addr::new(168, 63, 129, 16), 32), // services of the machines of Azure; in no registry, see Microsoft's documentation
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local, RFC 3927; 169.254.169.254 has the keys of cloud machines
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private use, RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // IETF protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation, RFC 5737
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // relays of 6to4, deprecated, RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private use, RFC 1918
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation, RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation, RFC 5737
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast, RFC 5771
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, RFC 1112; with 255.255.255.255, RFC 919
];

/// The block that global unicast addresses of IPv6 are given from (RFC 4291, and the IANA registry "IPv6 Global Unicast Address
/// Assignments"). Outside of it are ::1, fc00::/7, fe80::/10, fec0::/10, ff00::/8, 64:ff9b:1::/48, 100::/64, 5f00::/16.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks within it that are not public.
const NOT_PUBLIC_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // IETF protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation, RFC 3849
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation, RFC 9637
];

/// Blocks whose addresses have one of IPv4 in them, which is where packets end: the block, and the first byte of it.
const EMBEDDING: &[(Ipv6Addr, u32, usize)] = &[
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, 12), // IPv4-mapped, RFC 4291
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, 12), // translation, RFC 6052
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, 2),  // 6to4, RFC 3056
];

/// Whether an address is of the public Internet: not of this machine, a private network, a link, a group, documentation or a
/// block that nobody was given.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            None => in_v6(address, GLOBAL_UNICAST) && !NOT_PUBLIC_V6.iter().any(|block| in_v6(address, *block)),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let differing = |block: Ipv4Addr| (address.to_bits() ^ block.to_bits()).leading_zeros();
    !NOT_PUBLIC_V4.iter().any(|&(block, length)| differing(block) >= length)
}

fn in_v6(address: Ipv6Addr, (block, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= length
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (_, _, at) = EMBEDDING.iter().find(|(block, length, _)| in_v6(address, (*block, *length)))?;
    let bytes = address.octets();
    Some(Ipv4Addr::new(bytes[*at], bytes[at + 1], bytes[at + 2], bytes[at + 3]))
}
