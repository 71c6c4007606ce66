use std::time::{Duration, SystemTime};

use imagekit_client::webhooks::WebhookVerifier;
use reqwest::multipart::{Form, Part};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Gallery, SECRET, client, gallery_and_fake, picture};

fn form(description: &str, file: Part) -> Form {
    Form::new()
        .text("description", description.to_owned())
        .part("picture", file)
}

fn image(bytes: Vec<u8>) -> Part {
    let part = Part::bytes(bytes).file_name("coat.bmp");
    part.mime_str("image/bmp").unwrap()
}

async fn post(gallery: &Gallery, form: Form) -> (u16, String) {
    let url = format!("{}/pictures", gallery.url);
    let request = reqwest::Client::new().post(url).multipart(form);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The value of the first attribute of this name in the body of a page, as a browser reads it.
fn attribute(page: &str, name: &str) -> String {
    let (_, body) = page.split_once("<body>").unwrap();
    let (_, rest) = body.split_once(&format!(" {name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.replace("&#38;", "&")
}

async fn delivered(url: &str) -> Result<Vec<u8>, u16> {
    let response = reqwest::get(url).await.unwrap();
    match response.status().as_u16() {
        200 => Ok(response.bytes().await.unwrap().to_vec()),
        status => Err(status),
    }
}

#[tokio::test]
async fn a_picture_is_stored_shown_signed_and_watched() {
    let (gallery, fake) = gallery_and_fake().await;
    assert!(gallery.page().await.contains("There is no picture yet."));

    let (status, page) = post(&gallery, form("A coat & a <hat>", image(picture()))).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("A coat &#38; a &#60;hat&#62;"), "{page}");
    let snapshot = fake.library().snapshot();
    let file = &snapshot["files"][0];
    let (id, path) = (
        file["fileId"].as_str().unwrap(),
        file["filePath"].as_str().unwrap(),
    );
    assert!(path.starts_with("/gallery/coat"), "{path}");
    assert_eq!(fake.library().bytes(path).unwrap(), picture());

    let srcset = attribute(&page, "srcset");
    let candidates: Vec<_> = srcset
        .split(", ")
        .map(|it| it.split_once(' ').unwrap())
        .collect();
    assert!(candidates.len() > 3, "{srcset}");
    for (url, width) in candidates {
        assert!(
            url.contains(&format!("w-{},", width.trim_end_matches('w'))),
            "{url}"
        );
        assert_eq!(delivered(url).await.unwrap(), picture(), "{url}");
        let unsigned = url.split("&ik-t=").next().unwrap();
        assert_eq!(delivered(unsigned).await, Err(401), "{unsigned}");
    }
    assert_eq!(
        delivered(&attribute(&page, "src")).await.unwrap(),
        picture()
    );
    assert_eq!(
        (attribute(&page, "width"), attribute(&page, "height")),
        ("640".into(), "400".into())
    );

    let posts = fake.webhook_posts().await;
    assert!(
        posts
            .iter()
            .all(|it| it.status().is_some_and(|it| it == 200)),
        "{posts:?}"
    );
    let page = gallery.page().await;
    let name = path.rsplit('/').next().unwrap();
    assert!(page.contains(&format!("{name} was added.")), "{page}");

    // A page that is open is told.
    let count = attribute(&page, "data-count");
    let mut news = reqwest::get(format!("{}/changes/{count}", gallery.url))
        .await
        .unwrap();
    let update = client(&fake).update_file_details(id);
    update.description("A coat in a wood").send().await.unwrap();
    let told = news.chunk().await.unwrap().unwrap();
    let expected = count.parse::<u64>().unwrap() + 1;
    assert_eq!(told, format!("data: {expected}\n\n"));
    let page = gallery.page().await;
    assert!(page.contains(&format!("{name} was changed.")), "{page}");
    assert_eq!(attribute(&page, "alt"), "A coat in a wood");
    assert_eq!(attribute(&page, "data-count"), expected.to_string());

    client(&fake).delete_file(id).send().await.unwrap();
    fake.webhook_posts().await;
    let page = gallery.page().await;
    assert!(
        page.contains("A file was deleted.") && page.contains("There is no picture yet."),
        "{page}"
    );
}

#[tokio::test]
async fn a_delivery_that_is_forged_late_or_repeated_changes_nothing() {
    let (gallery, _fake) = gallery_and_fake().await;
    let verifier = WebhookVerifier::new(SECRET).unwrap();
    let other = WebhookVerifier::new("whsec_of_somebody_else").unwrap();
    let event = br#"{"type":"file.deleted","id":"e","created_at":"2026-01-01T00:00:00.000Z","data":{"fileId":"f"}}"#;
    let now = SystemTime::now();
    let send = async |verifier: &WebhookVerifier, id: &str, time: SystemTime, body: &[u8]| {
        let request = reqwest::Client::new()
            .post(format!("{}/webhook", gallery.url))
            .headers(verifier.sign_for_test(id, event, time))
            .body(body.to_vec());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let ok = |text: &str| (200, text.to_owned());
    let refused = || (400, "refused\n".to_owned());

    let ten_minutes = Duration::from_secs(600);
    assert_eq!(send(&other, "1", now, event).await, refused());
    assert_eq!(
        send(&verifier, "1", now - ten_minutes, event).await,
        refused()
    );
    assert_eq!(send(&verifier, "1", now, b"{}").await, refused());
    let unsigned = reqwest::Client::new().post(format!("{}/webhook", gallery.url));
    assert_eq!(
        unsigned.body(&event[..]).send().await.unwrap().status(),
        400
    );
    assert_eq!(attribute(&gallery.page().await, "data-count"), "0");

    assert_eq!(send(&verifier, "1", now, event).await, ok("received\n"));
    assert_eq!(
        send(&verifier, "1", now, event).await,
        ok("received before\n")
    );
    assert_eq!(attribute(&gallery.page().await, "data-count"), "1");
    assert_eq!(send(&verifier, "2", now, event).await, ok("received\n"));
    assert_eq!(attribute(&gallery.page().await, "data-count"), "2");
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_with_its_reason() {
    let (gallery, fake) = gallery_and_fake().await;
    let nothing = Part::bytes(Vec::new()).file_name("");
    let text = Part::bytes(b"a text".to_vec())
        .file_name("a.txt")
        .mime_str("text/plain")
        .unwrap();
    let empty = image(Vec::new());
    let long = "x".repeat(501);
    for (form, reason) in [
        (form("nothing", nothing), "Choose a picture first."),
        (form("a text", text), "That is no picture."),
        (
            form("empty", empty),
            "The picture did not arrive whole, or is larger than 25 MB.",
        ),
        (
            form(&long, image(picture())),
            "The form did not arrive whole, or something in it is too long.",
        ),
    ] {
        let (status, page) = post(&gallery, form).await;
        assert!(status == 400 && page.contains(reason), "{status}: {page}");
        assert!(page.contains("role=\"alert\""), "{page}");
    }

    let half = "--x\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a.bmp\"\r\n\
                content-type: image/bmp\r\n\r\nhalf a picture";
    let request = reqwest::Client::new()
        .post(format!("{}/pictures", gallery.url))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(half);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 400);
    let page = response.text().await.unwrap();
    assert!(page.contains("The picture did not arrive whole"), "{page}");
    assert_eq!(
        fake.library().snapshot()["files"].as_array().map(Vec::len),
        Some(0)
    );
}

#[tokio::test]
async fn a_picture_goes_on_to_imagekit_while_it_arrives() {
    let imagekit = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", imagekit.local_addr().unwrap());
    let gallery = Gallery::start(&base_url, &base_url).await;
    let mut browser = TcpStream::connect(gallery.url.trim_start_matches("http://"))
        .await
        .unwrap();
    let head = "POST /pictures HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\
                content-type: multipart/form-data; boundary=x\r\n\r\n\
                --x\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a.bmp\"\r\n\
                content-type: image/bmp\r\n\r\n";
    browser.write_all(head.as_bytes()).await.unwrap();
    browser.write_all(&[b'%'; 300_000]).await.unwrap();

    // The browser has sent less than a third, and waits. Nothing would arrive if the gallery waited too.
    let arrival = async {
        let (mut stream, _) = imagekit.accept().await.unwrap();
        let mut arrived = 0;
        let mut chunk = vec![0; 65536];
        while arrived < 200_000 {
            let count = stream.read(&mut chunk).await.unwrap();
            assert_ne!(count, 0);
            arrived += chunk[..count].iter().filter(|it| **it == b'%').count();
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), arrival).await;
    assert!(
        in_time.is_ok(),
        "nothing arrives before the whole picture is there"
    );
}

#[tokio::test]
async fn a_gallery_without_imagekit_says_so() {
    // Nobody listens there.
    let gallery = Gallery::start("http://127.0.0.1:9", "http://127.0.0.1:9/x").await;
    let response = reqwest::get(&gallery.url).await.unwrap();
    assert_eq!(response.status(), 502);
    let page = response.text().await.unwrap();
    assert!(page.contains("ImageKit cannot be reached."), "{page}");
}
