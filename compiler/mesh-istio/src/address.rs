//! Addresses and blocks of addresses.

use std::net::IpAddr;

use ipnet::IpNet;

/// An address, or a block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// `10.0.0.7`
    One(IpAddr),
    /// `10.0.0.0/8`
    Block(IpNet),
}

impl Address {
    /// Reads an address or a block.
    #[must_use]
    pub fn parse(text: &str) -> Option<Address> {
        let one = text.parse().map(Address::One).ok();
        one.or_else(|| text.parse().map(Address::Block).ok())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::One(address) => address.fmt(f),
            Address::Block(block) => block.fmt(f),
        }
    }
}

/// True for an address or a block of addresses.
#[must_use]
pub fn is_address_or_block(text: &str) -> bool {
    Address::parse(text).is_some()
}
