//! Search expressions that cannot be broken by what they hold.

use imagekit_client::search::{Condition, custom_metadata, embedded_metadata, field};
use imagekit_tests::wire::{Reply, Server};
use proptest::prelude::*;

#[test]
fn documented_expressions_come_out_as_documented() {
    let all: Vec<(Condition, &str)> = vec![
        (
            field("createdAt")
                .more_than("7d")
                .unwrap()
                .and(field("name").starts_with("file-name").unwrap()),
            r#"createdAt > "7d" AND name : "file-name""#,
        ),
        (
            field("size")
                .less_than("1mb")
                .unwrap()
                .and(field("width").more_than(500).unwrap())
                .or(field("tags")
                    .is_in(["summer-sale", "banner"])
                    .unwrap()
                    .grouped()),
            r#"(size < "1mb" AND width > 500) OR (tags IN ["summer-sale","banner"])"#,
        ),
        (
            field("path")
                .starts_with("/sales-banner/")
                .unwrap()
                .and(field("format").equals("png").unwrap()),
            r#"path : "/sales-banner/" AND format = "png""#,
        ),
        (
            custom_metadata("rating").more_than(4.3).unwrap(),
            r#""customMetadata.rating" > 4.3"#,
        ),
        (field("tags").not_exists().unwrap(), "tags NOT EXISTS"),
        (field("private").equals(true).unwrap(), "private = true"),
        (
            embedded_metadata("Keywords").not_in(["a"]).unwrap(),
            r#""embeddedMetadata.Keywords" NOT IN ["a"]"#,
        ),
        (field("name").not_equals("x").unwrap(), r#"name NOT = "x""#),
        (
            field("name").has("red coat").unwrap(),
            r#"name HAS "red coat""#,
        ),
    ];
    for (condition, expected) in all {
        assert_eq!(condition.to_string(), expected);
    }
}

/// What a reader of the grammar makes of an expression with one condition: field, operator, value.
fn parse(expression: &str) -> Option<(&str, &str, String)> {
    let (field, rest) = expression.split_once(' ')?;
    let (operator, rest) = rest.split_once(' ')?;
    let inner = rest.strip_prefix('"')?;
    // Without an escape, the first quote ends the text, and nothing may follow it.
    let end = inner.find('"')?;
    (end + 1 == inner.len()).then(|| (field, operator, inner[..end].to_owned()))
}

#[test]
fn hostile_texts_stay_values_or_are_refused() {
    let parts = [
        "\"",
        "\\",
        "\\\"",
        "\" OR name : \"",
        "AND",
        " AND ",
        ")",
        "(",
        "]",
        "[",
        ",",
        "'",
        "`",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "ü",
        "\u{202e}",
        "\u{1f600}",
        "%22",
        "&",
        "#",
        "NOT EXISTS",
        "\" OR size > 0 OR name = \"",
    ];
    let (mut kept, mut refused) = (0, 0);
    for one in parts {
        for other in ["", "coat", "\"", "a b", ") OR (", "\\", "é", "IN [\"x\"]"] {
            let typed = format!("{one}{other}");
            match field("name").starts_with(&typed) {
                Ok(condition) => {
                    kept += 1;
                    assert!(!typed.chars().any(char::is_control), "{typed:?}");
                    assert_eq!(parse(&condition.to_string()), Some(("name", ":", typed)));
                }
                Err(error) => {
                    refused += 1;
                    assert!(
                        typed.contains(['"', '\\']) || typed.chars().any(char::is_control),
                        "{typed:?}"
                    );
                    assert!(!error.to_string().chars().any(char::is_control), "{error}");
                }
            }
        }
    }
    println!("{kept} kept, {refused} refused");
    assert_eq!(kept + refused, 200);
    assert!(field("name = 1 OR name").equals("x").is_err());
    assert!(field("").exists().is_err());
    assert!(custom_metadata("a\" OR \"b").exists().is_err());
    assert!(field("width").more_than(f64::NAN).is_err());
    assert!(field("tags").is_in(Vec::<&str>::new()).is_err());
}

proptest! {
    #[test]
    fn any_text_stays_a_value_or_is_refused(typed in any::<String>()) {
        if let Ok(condition) = field("name").equals(&typed) {
            let text = condition.to_string();
            prop_assert_eq!(parse(&text), Some(("name", "=", typed)));
        }
    }
}

#[tokio::test]
async fn an_expression_arrives_as_it_is() {
    let server = Server::start([Reply::json("200 OK", "[]")]).await;
    let client = server.client().build().unwrap();
    let condition = field("name").equals("50 % & more").unwrap();
    client
        .list_assets()
        .search_query(condition.clone())
        .send()
        .await
        .unwrap();
    let received = server.received().pop().unwrap();
    let url = url::Url::parse(&format!(
        "http://h{}",
        received.line().split(' ').nth(1).unwrap()
    ))
    .unwrap();
    let (_, query) = url
        .query_pairs()
        .find(|(name, _)| name == "searchQuery")
        .unwrap();
    assert_eq!(query, condition.to_string());
}
