//! Addresses in numbers, in all ways of writing them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use crate::pages::PageError;
use crate::pages::address::PageAddress;
use crate::pages::public::is_public;

/// Hosts that are not of the public Internet.
const NOT_PUBLIC: &[&str] = &[
    // This machine, 127.0.0.0/8.
    "127.0.0.1",
    "127.0.0.0",
    "127.255.255.255",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "１２７.０.０.１",
    "127。0。0。1",
    // This network, 0.0.0.0/8.
    "0.0.0.0",
    "0",
    "0x0",
    "0.255.255.255",
    // Private use, 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16.
    "10.0.0.0",
    "10.255.255.255",
    "0xa.0.0.1",
    "012.1",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.1.1",
    "192.168.255.255",
    "0xc0a80101",
    "3232235777",
    // Shared by customers, 100.64.0.0/10; 100.100.100.200 has the keys of machines of Alibaba.
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    // Link-local, 169.254.0.0/16, with what has the keys of machines of most clouds.
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "168.63.129.16",
    // Assignments of protocols, 192.0.0.0/24; 192.0.0.192 has the keys of machines of Oracle.
    "192.0.0.0",
    "192.0.0.9",
    "192.0.0.192",
    "192.0.0.255",
    // Documentation and benchmarks.
    "192.0.2.0",
    "192.0.2.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "198.18.0.0",
    "198.19.255.255",
    // Relays, groups, reserved, broadcast.
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.254",
    "255.255.255.255",
    "0xffffffff",
    // IPv6: unspecified, this machine, IPv4 in the old form.
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::8.8.8.8]",
    // IPv4 in IPv6, by the address that is in it.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::10.1.2.3]",
    "[64:ff9b:1::8.8.8.8]",
    "[64:ff9b:1:ffff::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2002:a9fe:a9fe::]",
    "[2002:c0a8:101::1]",
    // Teredo and other assignments of protocols.
    "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:1ff:ffff::1]",
    // Documentation, discard, segment routing.
    "[2001:db8::1]",
    "[2001:db8:ffff::1]",
    "[3fff::1]",
    "[3fff:fff::1]",
    "[100::1]",
    "[100:0:0:1::1]",
    "[5f00::1]",
    // Private networks, links, sites, groups; fd00:ec2::254 has the keys of machines of Amazon.
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fdff:ffff::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[feff::1]",
    "[ff00::1]",
    "[ff02::1]",
    "[ffff::1]",
    // Blocks that nobody was given.
    "[1fff:ffff::1]",
    "[4000::1]",
];

/// Hosts that are, among them the neighbours of blocks that are not.
const PUBLIC: &[&str] = &[
    "1.0.0.0",
    "1.1.1.1",
    "8.8.8.8",
    "0x08080808",
    "134744072",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.31.196.1",
    "192.88.98.255",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "[::ffff:8.8.8.8]",
    "[64:ff9b::8.8.8.8]",
    "[2002:808:808::1]",
    "[2000::1]",
    "[2001:200::1]",
    "[2001:4860:4860::8888]",
    "[2001:db7:ffff::1]",
    "[2001:db9::1]",
    "[2003::1]",
    "[2606:4700:4700::1111]",
    "[3ffe:ffff::1]",
    "[3fff:1000::1]",
];

#[test]
fn numbers_are_refused_unless_they_are_public_however_they_are_written() {
    for host in NOT_PUBLIC {
        for address in [format!("http://{host}/"), format!("https://{host}:443/a?b#c"), format!("HTTP://{host}:80")] {
            assert_eq!(PageAddress::parse(&address), Err(PageError::PrivateAddress), "{address}");
        }
    }
    for host in PUBLIC {
        let address = format!("https://{host}/");
        assert!(PageAddress::parse(&address).is_ok(), "{address}");
    }
}

#[test]
fn a_redirect_is_looked_at_as_any_address() {
    let from = PageAddress::parse("https://a.example/b/c").unwrap();
    for location in ["http://127.0.0.1/", "//127.0.0.1", "\\\\127.0.0.1\\a", "https:\\\\[::1]", " \thttp://0x7f.1"] {
        assert_eq!(from.join(location), Err(PageError::PrivateAddress), "{location}");
    }
    let joined = |location: &str| from.join(location).map(|address| address.url().to_string());
    assert_eq!(joined("../d?e#f").as_deref(), Ok("https://a.example/d?e"));
    assert_eq!(joined("http:/d").as_deref(), Ok("http://d/"));
}

#[test]
fn only_pages_of_the_web_have_an_address() {
    let why = |address: &str| match PageAddress::parse(address) {
        Err(PageError::BadAddress { why }) => why,
        other => panic!("{address}: {other:?}"),
    };
    for address in [
        "file:///etc/passwd",
        "ftp://a.example/",
        "gopher://a.example:80/_x",
        "data:text/html,a",
        "javascript:alert(1)",
        "ws://a.example",
        "localhost:80",
    ] {
        assert_eq!(why(address), "it is neither http nor https", "{address}");
    }
    for address in
        ["http://u@a.example", "https://u:p@a.example/", "http://:p@a.example", "http://a.example:80@127.0.0.1/"]
    {
        assert_eq!(why(address), "it has a user name or a password", "{address}");
    }
    for address in ["http://a.example:22", "http://a.example:8080/", "https://a.example:6379", "http://127.0.0.1:0/"] {
        assert_eq!(why(address), "its port is neither 80 nor 443", "{address}");
    }
    for address in [
        "",
        "a",
        "//a.example",
        "http://",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://1.2.3.4.5/",
        "http://a b/",
    ] {
        assert_eq!(why(address), "it is no address such as https://example.org/page", "{address}");
    }
    assert_eq!(why(&format!("http://a.example/{}", "a".repeat(2_048))), "it is longer than 2,048 bytes");
    let escaped = format!("http://a.example/{}", "ü".repeat(1_000));
    assert_eq!(why(&escaped), "it is longer than 4,096 bytes with its escapes");
}

proptest! {
    #[test]
    fn an_address_of_ipv4_is_what_it_is_in_ipv6(bits: u32, subnet: u16, rest: u64) {
        let [a, b, c, d] = bits.to_be_bytes().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        let v4 = is_public(IpAddr::V4(Ipv4Addr::from_bits(bits)));
        let in_v6 = |address: Ipv6Addr| is_public(IpAddr::V6(address));
        prop_assert_eq!(in_v6(Ipv4Addr::from_bits(bits).to_ipv6_mapped()), v4);
        prop_assert_eq!(in_v6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low)), v4);
        let rest = u128::from(rest) | u128::from(subnet) << 64;
        prop_assert_eq!(in_v6(Ipv6Addr::from_bits(0x2002 << 112 | u128::from(bits) << 80 | rest)), v4);
        prop_assert!(!in_v6(Ipv4Addr::from_bits(bits).to_ipv6_compatible()));
    }

    /// What the standard library calls private, local, shared by nobody or a group is never public.
    #[test]
    fn what_the_library_calls_private_is_not_public(bits: u32, bits_v6: u128) {
        let v4 = Ipv4Addr::from_bits(bits);
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast()
            || v4.is_documentation() || v4.is_unspecified();
        prop_assert!(!(special && is_public(v4.into())), "{}", v4);
        for v6 in [Ipv6Addr::from_bits(bits_v6), Ipv6Addr::from_bits(bits_v6 >> 3 | 0b111 << 125)] {
            let special = v6.is_loopback() || v6.is_multicast() || v6.is_unspecified() || v6.is_unique_local()
                || v6.is_unicast_link_local();
            prop_assert!(!(special && is_public(v6.into())), "{}", v6);
        }
    }

    #[test]
    fn any_text_is_an_address_or_an_error(text: String, location: String) {
        let _ = PageAddress::parse(&text);
        let _ = PageAddress::parse(&format!("http://{text}"));
        let _ = PageAddress::parse("http://a.example").unwrap().join(&location);
    }
}
