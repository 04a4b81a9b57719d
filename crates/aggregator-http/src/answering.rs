//! What the server answers with: engines behind gateways, by the names that clients choose a model by.

use aggregator_core::Query;
use aggregator_gateway::{Gateway, GatewayStream, Load, Overloaded};

/// An engine that a client can choose.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The name, as in `model` of a request.
    pub name: String,
    /// Answers queries.
    pub gateway: Gateway,
}

/// The engines that answer, and one that only searches.
#[derive(Debug, Clone)]
pub struct Offers {
    /// At least one; the first is asked where a client names none.
    offers: Vec<Offer>,
    /// An engine without a model.
    search: Gateway,
}

impl Offers {
    /// An engine that answers, under a name, and one without a model that only searches.
    pub fn new(name: impl Into<String>, gateway: Gateway, search: Gateway) -> Self {
        Self { offers: vec![Offer { name: name.into(), gateway }], search }
    }

    /// Adds an engine under another name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, gateway: Gateway) -> Self {
        self.offers.push(Offer { name: name.into(), gateway });
        self
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.offers.iter().map(|offer| offer.name.as_str())
    }

    /// The first one.
    pub fn first(&self) -> &Offer {
        &self.offers[0]
    }

    /// The one of a name.
    pub fn named(&self, name: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.name == name)
    }

    /// What all of them do at the moment.
    pub fn load(&self) -> Load {
        let gateways = self.offers.iter().map(|offer| &offer.gateway).chain([&self.search]);
        gateways.map(Gateway::load).fold(Load::default(), |mut sum, load| {
            sum.running += load.running;
            sum.waiting += load.waiting;
            sum.shared += load.shared;
            sum.kept += load.kept;
            sum.kept_bytes += load.kept_bytes;
            sum
        })
    }

    /// Describes a search without an answer.
    ///
    /// # Errors
    /// If too many queries run.
    pub fn search(&self, query: Query) -> Result<GatewayStream, Overloaded> {
        self.search.run(query)
    }
}
