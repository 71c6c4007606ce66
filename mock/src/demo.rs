//! What `Library::demo` holds besides the documented version.

use chrono::{DateTime, TimeDelta, Utc};
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

/// The custom metadata fields that the files have values of.
pub(crate) fn fields() -> [Value; 9] {
    let field = |name: &str, label: &str, schema: Value| json!({ "name": name, "label": label, "schema": schema });
    [
        field("brand", "Brand", json!({ "type": "Text", "maxLength": 40 })),
        field("color", "Color", json!({ "type": "Text" })),
        field(
            "price in EUR",
            "Price",
            json!({ "type": "Number", "minValue": 0, "maxValue": 999.99 }),
        ),
        field("in stock", "In stock", json!({ "type": "Boolean" })),
        field(
            "sizes",
            "Sizes",
            json!({ "type": "MultiSelect", "selectOptions": ["S", "M", 40, 42] }),
        ),
        field("speaker", "Speaker", json!({ "type": "Text" })),
        field("subtitles", "Subtitles", json!({ "type": "Boolean" })),
        field("valid from", "Valid from", json!({ "type": "Date" })),
        field("pages", "Pages", json!({ "type": "Number", "minValue": 1 })),
    ]
}

/// A file that was first uploaded at this time, and again each time that number of days had passed.
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

fn shirt(number: usize, version: &mut Value) {
    let (colour, size) = match number {
        1 => ("white", 184_113),
        _ => ("navy", 301_877),
    };
    version["tags"] = tags(&["t-shirt", "round-neck"]);
    version["AITags"] = json!([
        { "name": "Shirt", "confidence": 94, "source": "google-auto-tagging" },
        { "name": "Sleeve", "confidence": 71.4, "source": "google-auto-tagging" },
    ]);
    version["customMetadata"] = json!({ "brand": "Nike", "color": colour, "in stock": true });
    version["description"] = format!("A {colour} T-shirt on a hanger").into();
    measure(version, 1200, 1600);
    version["size"] = size.into();
    version["thumbnail"] =
        drawing(colour, "M11 4 4 9l3 5 3-2v16h12V12l3 2 3-5-7-5q-5 4-10 0z").into();
}

fn coat(number: usize, version: &mut Value) {
    let sale = number > 8;
    version["tags"] = match number {
        1 => Value::Null,
        2..=5 => tags(&["coat", "winter"]),
        6..=8 => tags(&["coat", "winter", "wool"]),
        _ => tags(&["coat", "sale", "wool"]),
    };
    version["AITags"] = json!([
        { "name": "Coat", "confidence": 97.21, "source": "google-auto-tagging" },
        { "name": "Outerwear", "confidence": 90.5, "source": "google-auto-tagging" },
        { "name": "Fur", "confidence": 52.08, "source": "aws-auto-tagging" },
    ]);
    if number < 3 {
        version["AITags"] = Value::Null;
    }
    version["customMetadata"] = json!({
        "brand": "Nordlys",
        "price in EUR": if sale { 99.0 } else { 149.5 },
        "in stock": number < 11,
        "sizes": if sale { json!(["S"]) } else { json!(["S", 40]) },
    });
    version["embeddedMetadata"] = json!({
        "Make": "Nikon",
        "FocalLength": 4.25,
        "ISO": 100 * number,
        "Flash": "Off, Did not fire",
        "Keywords": ["coat", "winter"],
        "DateCreated": version["createdAt"],
    });
    version["description"] = (number > 4)
        .then_some("A woman in a long woollen coat, in front of a snowed-in fir")
        .into();
    version["customCoordinates"] = (number > 6).then_some("820,310,1440,2100").into();
    version["isPublished"] = (number != 12).into();
    let (width, height) = match number {
        1..=3 => (2016, 1512),
        _ => (4032, 3024),
    };
    measure(version, width, height);
    version["size"] = growing(1_817_345, number);
    let colour = if number < 7 {
        "saddlebrown"
    } else {
        "darkslategray"
    };
    version["thumbnail"] = drawing(colour, "M12 3 6 8v13h3v8h14v-8h3V8l-6-5-4 4z").into();
}

fn logo(number: usize, version: &mut Value) {
    let is_round = number > 12;
    version["tags"] = tags(if is_round {
        &["logo", "round"]
    } else {
        &["logo"]
    });
    version["hasAlpha"] = true.into();
    measure(version, 512, 512);
    version["size"] = growing(18_204, number);
    version["description"] = (number == 25)
        .then_some("The logo since the spring of 2026")
        .into();
    let shape = if is_round {
        "M16 4a12 12 0 1 0 .1 0z"
    } else {
        "M5 5h22v22H5z"
    };
    let colour = ["crimson", "darkorange", "seagreen", "royalblue", "indigo"];
    let colour = colour.into_iter().cycle().nth(number).unwrap_or_default();
    version["thumbnail"] = drawing(colour, shape).into();
}

fn keynote(number: usize, version: &mut Value) {
    version["tags"] = tags(&["event", "talk"]);
    version["description"] = "Opening talk of the spring event".into();
    version["customMetadata"] = json!({ "speaker": "R. Vance", "subtitles": number > 1 });
    // The second one lost its countdown, and the third one was made for slow connections.
    version["duration"] = if number == 1 { 3600 } else { 3417 }.into();
    if number == 3 {
        measure(version, 1280, 720);
        version["bitRate"] = 2_912_400.into();
        version["size"] = 1_243_937_412.into();
        version["videoCodec"] = "hevc".into();
    }
}

fn price_list(number: usize, version: &mut Value) {
    version["tags"] = tags(&["prices", "internal"]);
    version["isPrivateFile"] = true.into();
    version["customMetadata"] = json!({ "valid from": version["createdAt"], "pages": 20 + number });
    version["size"] = growing(412_880, number);
}

fn tags(tags: &[&str]) -> Value {
    json!(tags)
}

fn measure(version: &mut Value, width: u32, height: u32) {
    version["width"] = width.into();
    version["height"] = height.into();
}

fn growing(size: usize, number: usize) -> Value {
    (size + size * number / 7).into()
}

/// A thumbnail that can be seen without a network.
fn drawing(colour: &str, shape: &str) -> String {
    format!(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>\
         <path fill='{colour}' d='{shape}'/></svg>"
    )
}
