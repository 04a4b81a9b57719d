//! Search services and models that the settings name, with their keys.

mod limit_settings;
mod model_settings;
mod models;
mod policies;
mod search;
mod search_settings;
mod service_settings;
mod shared_limits;
mod unusable;

use aggregator_providers::http::{HttpClient, Limits};
use aggregator_providers::pages::{PageFetcher, PageLimits};

use crate::exit::{Exit, ProgramError};
use crate::settings::EffectiveSettings;
pub use limit_settings::LimitSettings;
pub use model_settings::ModelSettings;
pub use models::{Model, model, models};
pub use policies::PolicyMaker;
pub use search::{SearchService, searches};
pub use search_settings::SearchSettings;
pub use service_settings::ServiceSettings;
pub use shared_limits::{SharedLimitSettings, store};
pub use unusable::Unusable;

/// What makes the policies of services, with the limits that are shared with other servers.
///
/// # Errors
/// When these cannot be used.
pub fn policies(settings: &EffectiveSettings) -> Result<PolicyMaker<'_>, ProgramError> {
    let store = settings.redis.as_ref().map(store).transpose();
    let store = store.map_err(|what| ProgramError::new(Exit::Usage, what))?;
    Ok(PolicyMaker::new(&settings.services, &settings.limits, store))
}

/// What reads the pages that search services find.
///
/// # Errors
/// When TLS cannot be set up.
pub fn page_fetcher() -> Result<PageFetcher, ProgramError> {
    PageFetcher::new(PageLimits::default())
        .map_err(|error| ProgramError::new(Exit::Usage, format!("no page can be read: {error}")))
}

/// A client for all services, which share its connections.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client() -> Result<HttpClient, ProgramError> {
    HttpClient::new(Limits::SEARCH)
        .map_err(|error| ProgramError::new(Exit::Usage, format!("no service can be asked: {error}")))
}
