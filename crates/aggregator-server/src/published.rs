//! Documents as other machines see them: without the folders of this one.

use std::path::PathBuf;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{QueryLimit, SearchProvider};
use futures::StreamExt as _;
use url::Url;

/// A provider of documents whose addresses begin with the name of their folder, as `file:///docs/tide.md`: a client does not
/// learn where the folder is on the disk of the server.
pub struct Published<P> {
    provider: P,
    /// What is cut from the beginning of an address: the longest first.
    parents: Vec<String>,
}

impl<P> Published<P> {
    /// Publishes the documents of these folders and files.
    pub fn new(provider: P, folders: &[PathBuf]) -> Self {
        let parent = |folder: &PathBuf| Some(Url::from_directory_path(folder.parent()?).ok()?.to_string());
        let mut parents: Vec<String> = folders.iter().filter_map(parent).collect();
        parents.sort_by_key(|parent| std::cmp::Reverse(parent.len()));
        Self { provider, parents }
    }
}

/// The address without the folders above.
fn published(mut hit: Hit, parents: &[String]) -> Hit {
    if let Some(rest) = parents.iter().find_map(|parent| hit.url.strip_prefix(parent.as_str())) {
        hit.url = format!("file:///{rest}");
    }
    hit
}

impl<P: SearchProvider> SearchProvider for Published<P> {
    fn name(&self) -> &str {
        self.provider.name()
    }

    fn query_limit(&self) -> QueryLimit {
        self.provider.query_limit()
    }

    fn is_local(&self) -> bool {
        self.provider.is_local()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let parents = self.parents.clone();
        self.provider.search(request).map(move |hit| hit.map(|hit| published(hit, &parents))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_begin_with_the_name_of_their_folder() {
        let folders = ["/srv/ann/docs", "/srv/ann/notes/old"].map(PathBuf::from);
        let made = Published::new((), &folders);
        let address = |url: &str| published(Hit::new(url, "t"), &made.parents).url;
        assert_eq!(address("file:///srv/ann/docs/a%20b.md#tide"), "file:///docs/a%20b.md#tide");
        assert_eq!(address("file:///srv/ann/notes/old/a.md"), "file:///old/a.md");
        assert_eq!(address("https://example.org/srv/ann/"), "https://example.org/srv/ann/");
    }
}
