//! What sites allow, kept for a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::parse::Rules;

/// Sites that are known at a time; the one asked first is forgotten for another. 256: twenty results of a query are of twenty
/// sites at most.
const MAX_SITES: usize = 256;
/// How long rules hold. RFC 9309, section 2.4, allows 24 h; 1 h forgets a mistake of the site sooner.
const RULES_HOLD: Duration = Duration::from_secs(3_600);
/// How long it is believed that there are no rules to be had: a site may be back after a minute.
const UNKNOWN_HOLDS: Duration = Duration::from_secs(60);
/// Most bytes of rules that are kept, so that all sites together keep 16 MiB; longer ones hold for those who wait for them.
/// 64 KiB: some 600 rules.
const MAX_KEPT: usize = 64 << 10;

/// What a site allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Permission {
    /// What its rules allow. No rules allow all.
    Rules(Rules),
    /// Not known, and so nothing: its robots.txt could not be read.
    Unknown {
        /// Why.
        cause: String,
    },
}

/// What sites allow, by scheme, host and port. Times are of tokio's clock.
#[derive(Debug, Default)]
pub(crate) struct RobotsCache {
    sites: Mutex<HashMap<String, Slot>>,
}

#[derive(Debug, Clone)]
struct Slot {
    since: Instant,
    known: Arc<OnceCell<Known>>,
}

#[derive(Debug)]
struct Known {
    permission: Arc<Permission>,
    until: Instant,
}

impl RobotsCache {
    /// What a site allows. If that is not known, `ask` says it, once for all who wait: when the one that asks is dropped or
    /// fails, the next one asks.
    ///
    /// # Errors
    /// Those of `ask`, which are not kept.
    pub(crate) async fn get<E>(
        &self,
        site: String,
        ask: impl Future<Output = Result<Permission, E>>,
    ) -> Result<Arc<Permission>, E> {
        let slot = self.slot(site);
        let known = slot.known.get_or_try_init(|| async {
            let permission = ask.await?;
            let holds = match &permission {
                Permission::Rules(rules) if rules.bytes() > MAX_KEPT => Duration::ZERO,
                Permission::Rules(_) => RULES_HOLD,
                Permission::Unknown { .. } => UNKNOWN_HOLDS,
            };
            Ok(Known { permission: Arc::new(permission), until: Instant::now() + holds })
        });
        Ok(known.await?.permission.clone())
    }

    /// The place of a site, which others that ask for it have, too.
    fn slot(&self, site: String) -> Slot {
        let now = Instant::now();
        // A poisoned lock is as good as another: nothing is half-written in it.
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |slot: &Slot| slot.known.get().is_some_and(|known| known.until <= now);
        if let Some(slot) = sites.get(&site).filter(|slot| !is_over(slot)) {
            return slot.clone();
        }
        if sites.len() >= MAX_SITES && !sites.contains_key(&site) {
            sites.retain(|_, slot| !is_over(slot));
            let first = sites.iter().min_by_key(|(_, slot)| slot.since).map(|(site, _)| site.clone());
            if let Some(first) = first.filter(|_| sites.len() >= MAX_SITES) {
                sites.remove(&first);
            }
        }
        let slot = Slot { since: now, known: Arc::default() };
        sites.insert(site, slot.clone());
        slot
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::pending;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::advance;

    use super::*;

    /// Gives permissions, and counts how often it was asked.
    #[derive(Default)]
    struct Site {
        asked: AtomicU32,
    }

    impl Site {
        async fn says(&self, permission: Permission) -> Result<Permission, Infallible> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(permission)
        }

        fn asked(&self) -> u32 {
            self.asked.load(Ordering::Relaxed)
        }
    }

    fn rules(text: &str) -> Permission {
        Permission::Rules(Rules::parse(text.as_bytes(), "a"))
    }

    async fn get(cache: &RobotsCache, site: &Site, permission: Permission) {
        let Ok(got) = cache.get("https://a.example".into(), site.says(permission.clone())).await;
        assert_eq!(*got, permission);
    }

    #[tokio::test(start_paused = true)]
    async fn rules_hold_for_an_hour_and_their_absence_for_a_minute() {
        for (permission, holds) in [
            (rules(""), RULES_HOLD),
            (rules("user-agent: *\ndisallow: /"), RULES_HOLD),
            (Permission::Unknown { cause: "status 500".into() }, UNKNOWN_HOLDS),
            (rules(&format!("user-agent: *\n{}", "disallow: /a\n".repeat(2_000))), Duration::ZERO),
        ] {
            let (cache, site) = (RobotsCache::default(), Site::default());
            get(&cache, &site, permission.clone()).await;
            if let Some(almost) = holds.checked_sub(Duration::from_millis(1)) {
                advance(almost).await;
                get(&cache, &site, permission.clone()).await;
                assert_eq!(site.asked(), 1);
                advance(Duration::from_millis(1)).await;
            }
            get(&cache, &site, permission).await;
            assert_eq!(site.asked(), 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_ask_once_and_the_next_one_takes_over() {
        let (cache, site) = (RobotsCache::default(), Site::default());
        futures::future::join_all((0..8).map(|_| get(&cache, &site, rules("")))).await;
        assert_eq!(site.asked(), 1);

        let (cache, site) = (RobotsCache::default(), Site::default());
        let dropped = cache.get::<Infallible>("https://a.example".into(), pending());
        assert!(tokio::time::timeout(Duration::from_secs(1), dropped).await.is_err());
        let failed = cache.get("https://a.example".into(), async { Err("no time") }).await;
        assert_eq!(failed, Err("no time"), "which is not kept");
        get(&cache, &site, rules("")).await;
        assert_eq!(site.asked(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_site_that_was_asked_first_makes_room() {
        let (cache, site) = (RobotsCache::default(), Site::default());
        let ask = async |number: usize| {
            advance(Duration::from_millis(1)).await;
            let Ok(_) = cache.get(format!("https://{number}.example"), site.says(rules(""))).await;
        };
        for number in 0..=MAX_SITES {
            ask(number).await;
        }
        assert_eq!(cache.sites.lock().unwrap().len(), MAX_SITES);
        ask(1).await;
        assert_eq!(site.asked() as usize, MAX_SITES + 1, "still known");
        ask(0).await;
        assert_eq!(site.asked() as usize, MAX_SITES + 2, "forgotten");
    }
}
