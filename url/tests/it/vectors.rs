//! What the official packages answer, held against this crate.
//!
//! The adapter says how each option of the JavaScript packages is written here. What the official answer has wrong is
//! marked in the vectors: there, the better answer counts, or an error.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use imagekit_url::{
    AspectRatio, Background, Color, ColorReplacement, Colorize, Distortion, DropShadow, Encoding,
    Error, Expiry, Expression, Gradient, InvalidValue, Layer, Number, Padding, Page, Position,
    PrivateKey, Prompt, Radius, Responsive, Shadow, StreamingResolution, TextStyle, Transformation,
    UnsharpMask, UrlBuilder,
};
use serde_json::{Map, json};

use crate::ordered::Value;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const URLS: &str = include_str!("../vectors/urls.json");
const SRCSET: &str = include_str!("../vectors/srcset.json");

/// Where this crate knows better than an official answer that is not marked as a defect, or makes sense of an input
/// for which the vectors have no better one.
const EXCEPTIONS: [(&str, Exception, &str); 7] = [
    (
        "url/dot-segments/3",
        Exception::Refused,
        "dot segments are refused wherever they lead",
    ),
    (
        "parameter/aspectRatio/5",
        Exception::Answers("ar-4-3"),
        "the type reads 4:3 and writes it as the service wants it",
    ),
    (
        "parameter/aspectRatio/10",
        Exception::Answers("ar-16-9"),
        "the type reads 16:9 and writes it as the service wants it",
    ),
    (
        "chain/numbers/3",
        Exception::Answers("o-0.0000001"),
        "plain decimals",
    ),
    (
        "url/absolute/16",
        Exception::Answers("https://h.example/a.jpg?tr=w-300,h-200"),
        "a question mark with nothing behind it is no query",
    ),
    (
        "srcset/width/21",
        Exception::Impossible,
        "a width is a number by its type; the text 400 is the number 400",
    ),
    (
        "names/unknown-and-short/10",
        Exception::Impossible,
        "parameters are methods, so that no name can be misspelt",
    ),
];

enum Exception {
    Refused,
    Answers(&'static str),
    Impossible,
}

/// What no call of this crate can express: the types refuse it before it runs.
const IMPOSSIBLE: &str = "impossible";

#[test]
fn official_answers_are_matched_but_where_they_are_wrong() {
    let mut counts = BTreeMap::new();
    let mut failures = Vec::new();
    let vectors: Vec<Value> = [URLS, SRCSET]
        .iter()
        .flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap())
        .collect();
    for vector in &vectors {
        match judge(vector) {
            Ok(outcome) => *counts.entry(outcome).or_insert(0) += 1,
            Err(failure) => failures.push(format!("{}: {failure}", vector["name"])),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let counts: Vec<(&str, i32)> = counts.into_iter().collect();
    println!("{counts:?}");
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<i32>(), 641);
    assert_eq!(
        counts,
        [
            ("better", 37),
            ("exception", 7),
            ("impossible", 10),
            ("matched", 538),
            ("refused", 49),
        ]
    );
}

fn judge(vector: &Value) -> Result<&'static str, String> {
    let name = vector["name"].as_str().unwrap();
    let answer = answer(vector);
    let exception = EXCEPTIONS.iter().find(|(its_name, ..)| *its_name == name);
    if let Some((_, exception, _)) = exception {
        return match (exception, &answer) {
            (Exception::Refused, Err(_)) | (Exception::Impossible, _) => Ok("exception"),
            (Exception::Answers(expected), Ok(answer)) if answer == expected => Ok("exception"),
            _ => Err(format!("{answer:?} is not the exception that the list has")),
        };
    }
    // By the crate; the adapter's own errors say that it has not understood a vector.
    let is_refused =
        matches!(&answer, Err(error) if error.is::<Error>() || error.is::<InvalidValue>());
    let is_impossible = matches!(&answer, Err(error) if error.to_string() == IMPOSSIBLE);
    let is = |expected: &Value| answer.as_ref().is_ok_and(|it| *it == expected.unordered());
    match (vector.get("defect"), vector.get("better")) {
        (None, _) if is(&vector["expected"]) => Ok("matched"),
        (Some(_), Some(better)) if is(better) => Ok("better"),
        (Some(_), None) if is_impossible => Ok("impossible"),
        (Some(_), None) if is_refused => Ok("refused"),
        (_, better) => Err(format!(
            "{answer:?} instead of {}",
            better.unwrap_or(&vector["expected"])
        )),
    }
}

fn answer(vector: &Value) -> Outcome<serde_json::Value> {
    let input = &vector["input"];
    Ok(match vector["call"].as_str().unwrap() {
        "buildTransformationString" => json!(transformation(&input["transformation"])?.text()?),
        "buildSrc" => {
            let builder = builder(input)?;
            let lifetime = input["expiresIn"].as_f64();
            let is_signed =
                matches!(input["signed"], Value::Bool(true)) || lifetime.is_some_and(|it| it > 0.0);
            if is_signed {
                let key = PrivateKey::new(vector["client"]["privateKey"].as_str().unwrap())?;
                let now = vector["client"]["nowMs"].as_f64().unwrap() as u64;
                let now = Duration::from_millis(now);
                // A lifetime cannot be negative: it is a `Duration`.
                let expiry = lifetime
                    .filter(|it| *it > 0.0)
                    .map(|it| Expiry::after(UNIX_EPOCH + now, Duration::from_secs_f64(it)));
                json!(builder.sign(&key, expiry.transpose()?)?.as_str())
            } else {
                json!(builder.build()?.as_str())
            }
        }
        "getResponsiveImageAttributes" => responsive(input)?,
        other => return Err(format!("{other} is new").into()),
    })
}

fn builder(input: &Value) -> Outcome<UrlBuilder> {
    let source = input["src"].as_str().unwrap();
    let mut builder = UrlBuilder::new(input["urlEndpoint"].as_str().unwrap())?;
    builder = if source.contains("://") {
        builder.absolute(source)
    } else {
        builder.path(source)
    };
    builder = match input["transformationPosition"].as_str() {
        None | Some("query") => builder,
        Some("path") => builder.position(Position::Path),
        Some(_) => return Err(IMPOSSIBLE.into()),
    };
    for (name, value) in input["queryParameters"].as_object().into_iter().flatten() {
        builder = builder.query(name, text(value));
    }
    Ok(builder.transform(transformation(&input["transformation"])?))
}

fn responsive(input: &Value) -> Outcome<serde_json::Value> {
    let mut responsive = Responsive::new();
    let widths = |list: &Value| -> Option<Vec<f64>> {
        list.as_array()
            .map(|list| list.iter().map(|it| it.as_f64().unwrap()).collect())
    };
    if let Some(sizes) = input["sizes"].as_str() {
        responsive = responsive.sizes(sizes);
    }
    if let Some(width) = input["width"].as_f64() {
        responsive = responsive.width(width);
    }
    if let Some(list) = widths(&input["deviceBreakpoints"]) {
        responsive = responsive.device_widths(list);
    }
    if let Some(list) = widths(&input["imageBreakpoints"]) {
        responsive = responsive.image_widths(list);
    }
    let image = responsive.build(&builder(input)?)?;
    let mut attributes = Map::new();
    attributes.insert("src".to_owned(), json!(image.src().as_str()));
    attributes.insert("srcSet".to_owned(), json!(image.srcset()));
    if let Some(sizes) = image.sizes() {
        attributes.insert("sizes".to_owned(), json!(sizes));
    }
    // The number as the vector has it: 400 and 400.0 are not equal in JSON values.
    if let Some(width) = image.width() {
        assert_eq!(input["width"].as_f64(), Some(width));
        attributes.insert("width".to_owned(), input["width"].unordered());
    }
    Ok(attributes.into())
}

fn transformation(steps: &Value) -> Outcome<Transformation> {
    let mut transformation = Transformation::new();
    for step in steps.as_array().into_iter().flatten() {
        transformation = transformation.then();
        for (name, value) in step.as_object().unwrap() {
            if !value.is_null() {
                transformation = parameter(transformation, name, value)?;
            }
        }
    }
    Ok(transformation)
}

/// A switch is a method, called or not.
fn switch(
    step: Transformation,
    value: &Value,
    on: fn(Transformation) -> Transformation,
) -> Outcome<Transformation> {
    match value {
        Value::Bool(true) => Ok(on(step)),
        Value::Bool(false) => Ok(step),
        Value::String(text) if text == "true" || text == "-" => Ok(on(step)),
        Value::String(text) if text == "false" => Ok(step),
        _ => Err(IMPOSSIBLE.into()),
    }
}

/// The settings of an effect; none where the vectors have `true` or a blank text.
fn settings(value: &Value) -> Outcome<Vec<(String, String)>> {
    let text = match value {
        Value::Bool(true) => return Ok(Vec::new()),
        Value::String(text) if text.trim().is_empty() || text == "true" => return Ok(Vec::new()),
        Value::Bool(false) => return Err(IMPOSSIBLE.into()),
        value => text(value),
    };
    let mut settings: Vec<(String, String)> = Vec::new();
    for part in text.split('_') {
        match part.split_once('-') {
            Some((key, value)) => settings.push((key.to_owned(), value.to_owned())),
            // An expression, and the corner of a gradient, hold the separator.
            None => settings.last_mut().unwrap().1 += &format!("_{part}"),
        }
    }
    Ok(settings)
}

fn number(text: &str) -> Outcome<Number> {
    Ok(text.parse()?)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// A number as a number, and all else as the text that it is.
macro_rules! scalar {
    ($step:expr, $method:ident, $value:expr) => {
        match $value {
            Value::Number(number) => $step.$method(number.as_f64().unwrap()),
            value => $step.$method(text(value)),
        }
    };
}

#[rustfmt::skip]
fn parameter(step: Transformation, name: &str, value: &Value) -> Outcome<Transformation> {
    let yes = || match text(value).as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(IMPOSSIBLE),
    };
    let name = if name.chars().all(char::is_uppercase) { name.to_lowercase() } else { name.to_owned() };
    Ok(match name.as_str() {
        "width" => scalar!(step, width, value),
        "height" => scalar!(step, height, value),
        "aspectRatio" => scalar!(step, aspect_ratio, value),
        "crop" => step.crop(text(value)),
        "cropMode" => step.crop_mode(text(value)),
        "focus" => step.focus(text(value)),
        "zoom" => scalar!(step, zoom, value),
        "x" => scalar!(step, x, value),
        "y" => scalar!(step, y, value),
        "xCenter" => scalar!(step, x_center, value),
        "yCenter" => scalar!(step, y_center, value),
        "dpr" => scalar!(step, dpr, value),
        "quality" => scalar!(step, quality, value),
        "format" => step.format(text(value)),
        "progressive" => step.progressive(yes()?),
        "lossless" => step.lossless(yes()?),
        "colorProfile" => step.color_profile(yes()?),
        "metadata" => step.metadata(yes()?),
        "c2pa" => step.content_credentials(yes()?),
        "density" => scalar!(step, density, value),
        "original" => step.original(yes()?),
        "named" => step.named(text(value)),
        "defaultImage" | "di" => step.default_image(text(value)),
        "page" => step.page(text(value).parse::<Page>()?),
        "background" => match text(value) {
            text if text.starts_with("genfill-") => step.background(Background::generated(Some(prompt(&text["genfill-".len()..])?))),
            text if text.starts_with("blurred") => step.background(blurred(&text)?),
            text => step.background(text),
        },
        "border" => {
            let text = text(value);
            let (width, color) = text.rsplit_once('_').unwrap();
            step.border(width, color)
        }
        "radius" => step.radius(text(value).parse::<Radius>()?),
        "rotation" => scalar!(step, rotation, value),
        "flip" => step.flip(text(value)),
        "blur" => scalar!(step, blur, value),
        "opacity" => scalar!(step, opacity, value),
        "trim" | "t" => match value {
            Value::Number(number) => step.trim(number.as_f64().unwrap()),
            Value::String(text) if text.trim().is_empty() => step.trim(true),
            _ => step.trim(yes()?),
        },
        "grayscale" => switch(step, value, Transformation::grayscale)?,
        "contrastStretch" | "e-contrast" => switch(step, value, Transformation::contrast_stretch)?,
        "aiUpscale" => switch(step, value, Transformation::upscale)?,
        "aiRetouch" => switch(step, value, Transformation::retouch)?,
        "aiVariation" => switch(step, value, Transformation::variation)?,
        "aiRemoveBackground" => switch(step, value, Transformation::remove_background)?,
        "aiRemoveBackgroundExternal" => switch(step, value, Transformation::remove_background_externally)?,
        "sharpen" => match value {
            Value::Number(number) => step.sharpen_by(number.as_f64().unwrap()),
            value if settings(value)?.is_empty() => step.sharpen(),
            _ => return Err("a new form".into()),
        },
        "unsharpMask" | "e-usm" => match text(value).split('-').collect::<Vec<_>>()[..] {
            [a, b, c, d] => step.unsharp_mask(UnsharpMask::new(a, b, c, d)?),
            _ if settings(value)?.is_empty() => step.unsharp_mask(UnsharpMask::default()),
            _ => return Err("a new form".into()),
        },
        "shadow" => {
            let mut shadow = Shadow::new();
            for (key, value) in settings(value)? {
                shadow = match key.as_str() {
                    "bl" => shadow.blur(number(&value)?),
                    "st" => shadow.saturation(number(&value)?),
                    "x" => shadow.x(number(&value)?),
                    "y" => shadow.y(number(&value)?),
                    _ => return Err("a new key".into()),
                };
            }
            step.shadow(shadow)
        }
        "aiDropShadow" => {
            let mut shadow = DropShadow::new();
            for (key, value) in settings(value)? {
                shadow = match key.as_str() {
                    "az" => shadow.azimuth(number(&value)?),
                    "el" => shadow.elevation(number(&value)?),
                    "st" => shadow.saturation(number(&value)?),
                    _ => return Err("a new key".into()),
                };
            }
            step.drop_shadow(shadow)
        }
        "gradient" => {
            let mut gradient = Gradient::new();
            for (key, value) in settings(value)? {
                gradient = match key.as_str() {
                    "ld" => match number(&value) {
                        Ok(degrees) => gradient.degrees(degrees),
                        Err(_) => gradient.towards(value.parse()?),
                    },
                    "from" => gradient.from_color(Color::new(value)?),
                    "to" => gradient.to_color(Color::new(value)?),
                    "sp" => gradient.stop(value.parse::<Expression>()?),
                    _ => return Err("a new key".into()),
                };
            }
            step.gradient(gradient)
        }
        "colorize" => {
            let mut colorize = Colorize::new();
            for (key, value) in settings(value)? {
                colorize = match key.as_str() {
                    "co" => colorize.color(Color::new(value)?),
                    "in" => colorize.intensity(number(&value)?),
                    _ => return Err("a new key".into()),
                };
            }
            step.colorize(colorize)
        }
        "colorReplace" => match text(value).split('_').collect::<Vec<_>>()[..] {
            [to] => step.replace_color(ColorReplacement::with(Color::new(to)?)),
            [to, tolerance] => step.replace_color(ColorReplacement::with_tolerance(Color::new(to)?, number(tolerance)?)),
            [to, tolerance, from] => step.replace_color(ColorReplacement::between(Color::new(from)?, Color::new(to)?, number(tolerance)?)),
            _ => return Err("a new form".into()),
        },
        "distort" => match text(value).split_once('-') {
            Some(("a", degrees)) => step.distort(Distortion::arc(number(degrees)?)),
            Some(("p", corners)) => {
                let numbers = corners.split('_').map(number).collect::<Outcome<Vec<_>>>()?;
                let [a, b, c, d, e, f, g, h] = numbers[..] else { return Err("a new form".into()) };
                step.distort(Distortion::perspective([(a, b), (c, d), (e, f), (g, h)]))
            }
            _ => return Err("a new form".into()),
        },
        "aiChangeBackground" => match encoded(&text(value)) {
            Some(encoded) => step.parameter("e-changebg", encoded),
            None => step.change_background(prompt(&text(value))?),
        },
        "aiEdit" => match encoded(&text(value)) {
            Some(encoded) => step.parameter("e-edit", encoded),
            None => step.edit(prompt(&text(value))?),
        },
        "videoCodec" => step.video_codec(text(value)),
        "audioCodec" => step.audio_codec(text(value)),
        "startOffset" => scalar!(step, start_offset, value),
        "endOffset" => scalar!(step, end_offset, value),
        "duration" => scalar!(step, duration, value),
        "streamingResolutions" | "sr" => {
            let words: Vec<String> = match value {
                Value::Array(list) => list.iter().map(text).collect(),
                value => text(value).split('_').map(str::to_owned).collect(),
            };
            let resolutions: Result<Vec<StreamingResolution>, _> = words.iter().map(|word| word.parse()).collect();
            step.streaming_resolutions(resolutions?)
        }
        "fontSize" => scalar!(step, font_size, value),
        "fontFamily" | "ff" => step.font_family(text(value)),
        "fontColor" | "color" => step.font_color(text(value)),
        "innerAlignment" => step.inner_alignment(text(value)),
        "padding" => step.padding(text(value).parse::<Padding>()?),
        "alpha" => scalar!(step, alpha, value),
        "lineHeight" => scalar!(step, line_height, value),
        "typography" => {
            let styles: Result<Vec<TextStyle>, _> = text(value).split('_').map(str::parse).collect();
            step.typography(styles?)
        }
        "fontOutline" => {
            let text = text(value);
            let (width, color) = text.split_once('_').unwrap();
            step.font_outline(width, color)
        }
        "fontShadow" => {
            let text = text(value);
            let (color, distance) = text.split_once('_').unwrap();
            step.font_shadow(color, distance)
        }
        "raw" => step.raw(text(value)),
        // A text in the place of a layer is an unknown parameter to the official packages.
        "overlay" if value.as_str().is_some() => step.raw(format!("overlay-{}", text(value))),
        "overlay" => step.layer(layer(value)?),
        _ => step.parameter(name, text(value)),
    })
}

/// Base64 that the caller has made already.
fn encoded(text: &str) -> Option<&str> {
    text.starts_with("prompte-").then_some(text)
}

fn prompt(text: &str) -> Outcome<Prompt> {
    Ok(Prompt::plain(text.strip_prefix("prompt-").unwrap())?)
}

fn blurred(text: &str) -> Outcome<Background> {
    let mut parts = text.split('_').skip(1);
    let intensity = match parts.next() {
        None | Some("auto") => None,
        Some(intensity) => Some(intensity.parse()?),
    };
    let brightness = match parts.next() {
        None => None,
        Some(brightness) => Some(brightness.replace('N', "-").parse()?),
    };
    Ok(Background::blurred(intensity, brightness)?)
}

macro_rules! place {
    ($layer:ident, $method:ident, $value:expr) => {
        match &$value {
            Value::Null => {}
            Value::Number(number) => $layer = $layer.$method(number.as_f64().unwrap()),
            value => $layer = $layer.$method(text(value)),
        }
    };
}

fn layer(overlay: &Value) -> Outcome<Layer> {
    let given = |key: &str| overlay[key].as_str().ok_or(IMPOSSIBLE);
    let mut layer = match overlay["type"].as_str() {
        Some("text") => Layer::text(given("text")?),
        Some("image") => Layer::image(given("input")?),
        Some("video") => Layer::video(given("input")?),
        Some("subtitle") => Layer::subtitles(given("input")?),
        Some("solidColor") => Layer::solid_color(given("color")?),
        _ => return Err(IMPOSSIBLE.into()),
    };
    layer = match overlay["encoding"].as_str() {
        Some("plain") => layer.encoding(Encoding::Plain),
        Some("base64") => layer.encoding(Encoding::Base64),
        _ => layer,
    };
    if let Some(mode) = overlay["layerMode"].as_str() {
        layer = layer.mode(mode.parse()?);
    }
    let (position, timing) = (&overlay["position"], &overlay["timing"]);
    place!(layer, x, position["x"]);
    place!(layer, y, position["y"]);
    place!(layer, x_center, position["xCenter"]);
    place!(layer, y_center, position["yCenter"]);
    if let Some(focus) = position["focus"].as_str() {
        layer = layer.focus(focus);
    }
    if let Some(anchor) = position["anchorPoint"].as_str() {
        layer = layer.anchor_point(anchor);
    }
    place!(layer, start, timing["start"]);
    place!(layer, end, timing["end"]);
    place!(layer, duration, timing["duration"]);
    Ok(layer.transform(transformation(&overlay["transformation"])?))
}

#[test]
fn aspect_ratio_as_documented_by_the_sdk_comes_out_as_the_service_wants_it() {
    for text in ["4:3", "4_3", "4-3"] {
        let ratio: AspectRatio = text.parse().unwrap();
        assert_eq!(
            Transformation::new().aspect_ratio(ratio).text().unwrap(),
            "ar-4-3"
        );
    }
}
