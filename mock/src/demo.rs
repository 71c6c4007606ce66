//! What `Library::demo` holds besides the documented version.

use chrono::{DateTime, TimeDelta, Utc};
use imagekit_client::types::File as FileVersion;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::File;

pub(crate) fn files() -> [File; 5] {
    [
        // The documented version takes the place of the second one.
        file("598821f949c0a938d57563bd", "2019-07-25T06:14:41.313Z", 30)
            .path("/images/products/file1.jpg")
            .version_ids([
                "598821f949c0a938d57563bd",
                "697821f849c0a938d57563ce",
                "5d89b4b149c0a938d5756401",
            ])
            .each(shirt),
        file("68f1c2a95c7cd75eb8a1d04e", "2025-10-17T04:14:33.118Z", 9)
            .path("/catalogue/2025/winter coat.jpg")
            .version_ids(ids("68f1c2a95c7cd75eb8a1d04e", 12))
            .each(coat),
        file("66b0fe3c5c7cd75eb81f0a27", "2024-08-05T16:30:04.870Z", 23)
            .path("/brand/logo.png")
            .version_ids(ids("66b0fe3c5c7cd75eb81f0a27", 25))
            .each(logo),
        file("699487b15c7cd75eb82c6f17", "2026-02-17T15:20:33.906Z", 4)
            .path("/events/keynote.mp4")
            .version_ids(ids("699487b15c7cd75eb82c6f17", 3))
            .each(keynote),
        file("67d2a41e5c7cd75eb8d93b60", "2025-03-13T09:23:42.044Z", 61)
            .path("/documents/price list.pdf")
            .version_ids(ids("67d2a41e5c7cd75eb8d93b60", 5))
            .each(price_list),
    ]
}

/// A file that was first uploaded at this time, and again whenever so many days had passed.
fn file(id: &str, first: &str, days: i64) -> File {
    let first: DateTime<Utc> = first.parse().unwrap_or_default();
    File::new(id).uploaded(first, TimeDelta::try_days(days).unwrap_or_default())
}

/// Ids that look like those of ImageKit: of the same length as the file's, with another end.
fn ids(file_id: &str, count: u32) -> Vec<String> {
    let start = file_id.get(..18).unwrap_or_default();
    let others = (2..=count).map(|number| format!("{start}{:06x}", 0x7f_3a91 + 0x21d3 * number));
    std::iter::once(file_id.to_owned()).chain(others).collect()
}

fn shirt(number: usize, version: &mut FileVersion) {
    let (colour, size) = match number {
        1 => ("white", 184_113),
        _ => ("navy", 301_877),
    };
    version.tags = tags(&["t-shirt", "round-neck"]);
    version.ai_tags = model(json!([
        { "name": "Shirt", "confidence": 94, "source": "google-auto-tagging" },
        { "name": "Sleeve", "confidence": 71.4, "source": "google-auto-tagging" },
    ]));
    version.custom_metadata = model(json!({ "brand": "Nike", "color": colour, "in stock": true }));
    version.description = Some(format!("A {colour} T-shirt on a hanger"));
    (version.width, version.height) = (Some(1200.0), Some(1600.0));
    version.size = Some(size);
    version.thumbnail = Some(drawing(
        colour,
        "M11 4 4 9l3 5 3-2v16h12V12l3 2 3-5-7-5q-5 4-10 0z",
    ));
}

fn coat(number: usize, version: &mut FileVersion) {
    let sale = number > 8;
    version.tags = match number {
        1 => None,
        2..=5 => tags(&["coat", "winter"]),
        6..=8 => tags(&["coat", "winter", "wool"]),
        _ => tags(&["coat", "sale", "wool"]),
    };
    version.ai_tags = model(json!([
        { "name": "Coat", "confidence": 97.21, "source": "google-auto-tagging" },
        { "name": "Outerwear", "confidence": 90.5, "source": "google-auto-tagging" },
        { "name": "Fur", "confidence": 52.08, "source": "aws-auto-tagging" },
    ]))
    .filter(|_| number > 2);
    version.custom_metadata = model(json!({
        "brand": "Nordlys",
        "price in EUR": if sale { 99.0 } else { 149.5 },
        "in stock": number < 11,
        "sizes": if sale { json!(["S"]) } else { json!(["S", 40]) },
    }));
    version.embedded_metadata = model(json!({
        "Make": "Nikon",
        "FocalLength": 4.25,
        "ISO": 100 * number,
        "Flash": "Off, Did not fire",
        "Keywords": ["coat", "winter"],
        "DateCreated": version.created_at,
    }));
    version.description = (number > 4)
        .then(|| "A woman in a long woollen coat, in front of a snowed-in fir".to_owned());
    version.custom_coordinates = (number > 6).then(|| "820,310,1440,2100".to_owned());
    version.is_published = Some(number != 12);
    (version.width, version.height) = match number {
        1..=3 => (Some(2016.0), Some(1512.0)),
        _ => (Some(4032.0), Some(3024.0)),
    };
    version.size = growing(1_817_345, number);
    let colour = if number < 7 {
        "saddlebrown"
    } else {
        "darkslategray"
    };
    version.thumbnail = Some(drawing(colour, "M12 3 6 8v13h3v8h14v-8h3V8l-6-5-4 4z"));
}

fn logo(number: usize, version: &mut FileVersion) {
    let is_round = number > 12;
    version.tags = tags(if is_round {
        &["logo", "round"]
    } else {
        &["logo"]
    });
    version.has_alpha = Some(true);
    (version.width, version.height) = (Some(512.0), Some(512.0));
    version.size = growing(18_204, number);
    version.description = (number == 25).then(|| "The logo since the spring of 2026".to_owned());
    let shape = if is_round {
        "M16 4a12 12 0 1 0 .1 0z"
    } else {
        "M5 5h22v22H5z"
    };
    let colour = ["crimson", "darkorange", "seagreen", "royalblue", "indigo"];
    let colour = colour.into_iter().cycle().nth(number).unwrap_or_default();
    version.thumbnail = Some(drawing(colour, shape));
}

fn keynote(number: usize, version: &mut FileVersion) {
    version.tags = tags(&["event", "talk"]);
    version.description = Some("Opening talk of the spring event".to_owned());
    version.custom_metadata = model(json!({ "speaker": "R. Vance", "subtitles": number > 1 }));
    // The second one lost its countdown, and the third one was made for slow connections.
    version.duration = Some(if number == 1 { 3600.0 } else { 3417.0 });
    if number == 3 {
        (version.width, version.height) = (Some(1280.0), Some(720.0));
        version.bit_rate = Some(2_912_400);
        version.size = Some(1_243_937_412);
        version.video_codec = Some("hevc".to_owned());
    }
}

fn price_list(number: usize, version: &mut FileVersion) {
    version.tags = tags(&["prices", "internal"]);
    version.is_private_file = Some(true);
    version.custom_metadata =
        model(json!({ "valid from": version.created_at, "pages": 20 + number }));
    version.size = growing(412_880, number);
}

fn tags(tags: &[&str]) -> Option<Vec<String>> {
    Some(tags.iter().map(|tag| (*tag).to_owned()).collect())
}

fn growing(size: i64, number: usize) -> Option<i64> {
    i64::try_from(number)
        .ok()
        .map(|number| size + size * number / 7)
}

fn model<T: DeserializeOwned>(json: Value) -> Option<T> {
    serde_json::from_value(json).ok()
}

/// A thumbnail that can be seen without a network.
fn drawing(colour: &str, shape: &str) -> String {
    format!(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>\
         <path fill='{colour}' d='{shape}'/></svg>"
    )
}
