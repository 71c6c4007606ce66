//! What is counted: bytes that are stored and delivered, and runs of extensions.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::Library;

#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    days: BTreeMap<NaiveDate, Day>,
}

#[derive(Clone, Debug, Default)]
struct Day {
    extension_units: u64,
    extensions: BTreeMap<String, u64>,
    deliveries: BTreeMap<Delivery, Count>,
}

/// What deliveries are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Delivery {
    /// The address, without a query.
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) mime: String,
    pub(crate) transformation: String,
    pub(crate) referrer: String,
    pub(crate) user_agent: String,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    requests: u64,
    bytes: u64,
}

impl Library {
    pub(crate) fn count_delivery(&mut self, delivery: Delivery, bytes: u64) {
        let day = self.now().date_naive();
        let deliveries = &mut self.usage.days.entry(day).or_default().deliveries;
        let count = deliveries.entry(delivery).or_default();
        count.requests += 1;
        count.bytes += bytes;
    }

    pub(super) fn count_extension(&mut self, name: &str) {
        let units = match name {
            "aws-auto-tagging" => 1,
            "google-auto-tagging" => 2,
            "remove-bg" => 130,
            _ => 0,
        };
        let day = self.now().date_naive();
        let day = self.usage.days.entry(day).or_default();
        day.extension_units += units;
        *day.extensions.entry(name.to_owned()).or_default() += 1;
    }

    /// Returns what was used on these days, without the last one.
    pub(crate) fn usage(&self, start: NaiveDate, end: NaiveDate) -> Value {
        let days: Vec<_> = self
            .usage
            .days
            .range(start..end)
            .map(|(_, day)| day)
            .collect();
        let bytes = days
            .iter()
            .flat_map(|it| it.deliveries.values())
            .map(|it| it.bytes);
        let stored = self.files.values().flat_map(|it| &it.versions);
        json!({
            "bandwidthBytes": bytes.sum::<u64>(),
            "mediaLibraryStorageBytes": stored.filter_map(|it| it.media.size).sum::<u64>(),
            "originalCacheStorageBytes": 0,
            "videoProcessingUnitsCount": 0,
            "extensionUnitsCount": days.iter().map(|it| it.extension_units).sum::<u64>(),
        })
    }

    /// Returns what was delivered on these days, the last one included.
    pub(crate) fn usage_analytics(&self, start: NaiveDate, end: NaiveDate) -> Value {
        let days: Vec<_> = self
            .usage
            .days
            .range(start..=end)
            .map(|(_, day)| day)
            .collect();
        let deliveries: Vec<_> = days.iter().flat_map(|it| &it.deliveries).collect();
        let requests: u64 = deliveries.iter().map(|(_, it)| it.requests).sum();
        let errors: u64 = deliveries
            .iter()
            .filter(|(it, _)| it.status >= 400)
            .map(|(_, it)| it.requests)
            .sum();
        let mut extensions = BTreeMap::<&str, u64>::new();
        for (name, runs) in days.iter().flat_map(|it| &it.extensions) {
            *extensions.entry(name).or_default() += runs;
        }
        let extensions: Vec<_> = extensions
            .into_iter()
            .map(|(name, runs)| json!({ "name": name, "operationCount": runs }))
            .collect();
        let group = |name: &dyn Fn(&Delivery) -> Option<String>| group(&deliveries, name);
        let of_kind = |kind: &'static str| {
            move |it: &Delivery| it.mime.starts_with(kind).then(|| it.url.clone())
        };
        let other = |it: &Delivery| {
            let is_other = !it.mime.is_empty()
                && !it.mime.starts_with("image/")
                && !it.mime.starts_with("video/");
            is_other.then(|| it.url.clone())
        };
        let transformed = |kind: &'static str| {
            move |it: &Delivery| {
                let is_meant = it.mime.starts_with(kind) && !it.transformation.is_empty();
                is_meant.then(|| format!("tr:{}", it.transformation))
            }
        };
        let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        json!({
            "startDate": start.to_string(),
            "endDate": end.to_string(),
            "generatedAt": super::events::timestamp(self.now()),
            "bandwidthBytes": deliveries.iter().map(|(_, it)| it.bytes).sum::<u64>(),
            "requestCount": requests,
            "cache": { "hitCount": 0, "missCount": requests - errors, "errorCount": errors },
            "statusCodes": counts(&deliveries, &|it| Some(it.status.to_string())),
            "errorReasons": counts(&deliveries, &|it| {
                (it.status == 404).then(|| "ENOENT - Resource not found at any upstream origin".to_owned())
            }),
            "top404Assets": counts(&deliveries, &|it| (it.status == 404).then(|| it.url.clone())),
            "extensions": extensions,
            "videoProcessing": [],
            "browser": group(&|_| None),
            "device": group(&|_| None),
            "format": group(&|it| named(&it.mime)),
            "country": group(&|_| None),
            "urlEndpoints": group(&|_| Some("Default".to_owned())),
            "topImages": group(&of_kind("image/")),
            "topVideos": group(&of_kind("video/")),
            "topOtherAssets": group(&other),
            "topImageTransforms": group(&transformed("image/")),
            "topVideoTransforms": group(&transformed("video/")),
            "topReferrers": group(&|it| named(&it.referrer)),
            "topUserAgents": group(&|it| named(&it.user_agent)),
        })
    }
}

type Deliveries<'a> = [(&'a Delivery, &'a Count)];

fn totals(
    deliveries: &Deliveries<'_>,
    name: &dyn Fn(&Delivery) -> Option<String>,
) -> Vec<(String, Count)> {
    let mut totals = BTreeMap::<String, Count>::new();
    for (delivery, count) in deliveries {
        if let Some(name) = name(delivery) {
            let total = totals.entry(name).or_default();
            total.requests += count.requests;
            total.bytes += count.bytes;
        }
    }
    totals.into_iter().collect()
}

/// Entries by a name, those with the most requests first.
fn counts(deliveries: &Deliveries<'_>, name: &dyn Fn(&Delivery) -> Option<String>) -> Vec<Value> {
    let mut totals = totals(deliveries, name);
    totals.sort_by_key(|(_, it)| std::cmp::Reverse(it.requests));
    let json =
        |(name, count): (String, Count)| json!({ "name": name, "requestCount": count.requests });
    totals.into_iter().map(json).collect()
}

fn group(deliveries: &Deliveries<'_>, name: &dyn Fn(&Delivery) -> Option<String>) -> Value {
    let mut totals = totals(deliveries, name);
    let json = |totals: &[(String, Count)]| -> Vec<Value> {
        let entry = |(name, count): &(String, Count)| json!({ "name": name, "bandwidthBytes": count.bytes, "requestCount": count.requests });
        totals.iter().map(entry).collect()
    };
    totals.sort_by_key(|(_, it)| std::cmp::Reverse(it.bytes));
    let by_bandwidth = json(&totals);
    totals.sort_by_key(|(_, it)| std::cmp::Reverse(it.requests));
    json!({ "byBandwidth": by_bandwidth, "byRequests": json(&totals) })
}
