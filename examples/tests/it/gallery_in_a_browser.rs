use std::io::Write as _;
use std::path::Path;

use imagekit_client::UploadSource;

use crate::browser::Browser;
use crate::support::{client, gallery_and_fake, picture};

#[tokio::test]
async fn the_gallery_works_in_a_browser() {
    let Some(mut browser) = Browser::start().await else {
        // Not by a macro, whose text is kept back when a test succeeds.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: the gallery in a browser, since there is no Chromium"
        );
        return;
    };
    let (gallery, fake) = gallery_and_fake().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sunset.bmp");
    std::fs::write(&file, picture()).unwrap();
    let client = client(&fake);
    for (name, text) in [
        ("hills.bmp", "Hills in the evening"),
        (
            "a-name-that-nobody-would-ever-want-to-have-on-a-narrow-page-in-one-line.bmp",
            "The same hills",
        ),
    ] {
        let upload = client.upload_file(UploadSource::bytes(picture()), name);
        let upload = upload
            .folder("/gallery")
            .is_private_file(true)
            .description(text);
        let _ = upload.send().await.unwrap();
    }

    // On a telephone.
    browser.resize(390, 844).await;
    browser.open(&gallery.url).await;
    browser.type_into("#description", "A sunset").await;
    browser.choose_file("#picture", &file).await;
    browser.click("button").await;
    browser
        .until("document.querySelectorAll('img').length == 3")
        .await;
    assert_eq!(browser.js("location.pathname").await, "/");
    browser
        .until("[...document.images].every(it => it.complete && it.naturalWidth > 0)")
        .await;
    let shown = browser.js("document.querySelector('img').currentSrc").await;
    let shown = shown.as_str().unwrap();
    assert!(
        shown.contains("sunset") && shown.contains("w-384,") && shown.contains("&ik-s="),
        "{shown}"
    );

    // On a desk, where more pixels are needed.
    browser.resize(1280, 900).await;
    browser
        .until("document.querySelector('img').currentSrc.includes('w-640,')")
        .await;

    // It shows what changes while it is open, and what is being typed stays.
    fake.webhook_posts().await;
    browser
        .until("document.body.textContent.includes('was added.')")
        .await;
    browser.type_into("#description", "The next one").await;
    let snapshot = fake.library().snapshot();
    let mut files = snapshot["files"].as_array().unwrap().iter();
    let id = files.find_map(|it| {
        it["name"]
            .as_str()?
            .starts_with("sunset")
            .then(|| it["fileId"].as_str())?
    });
    let update = client.update_file_details(id.unwrap());
    update
        .description("A sunset over green hills")
        .send()
        .await
        .unwrap();
    browser
        .until("document.querySelector('img').alt == 'A sunset over green hills'")
        .await;
    browser
        .until("document.querySelector('#content li').textContent.includes('was changed.')")
        .await;
    assert_eq!(
        browser
            .js("document.querySelector('#description').value")
            .await,
        "The next one"
    );
    browser
        .until("[...document.images].every(it => it.complete)")
        .await;

    for width in [1280, 390, 320] {
        browser.resize(width, 900).await;
        let wide = browser.js("document.documentElement.scrollWidth").await;
        assert!(
            wide.as_u64().unwrap() <= width.into(),
            "{wide} pixels in {width}"
        );
        let picture = format!("gallery-{width}.png");
        browser
            .screenshot(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(picture))
            .await;
    }
    let spoken = browser.spoken().await;
    for (role, name) in &spoken {
        let is_named = !name.is_empty() || !["button", "image", "textbox"].contains(&role.as_str());
        assert!(is_named, "{role} without a name: {spoken:?}");
    }
    let count = |role: &str| spoken.iter().filter(|(it, _)| it == role).count();
    assert_eq!(
        (count("image"), count("textbox"), count("heading")),
        (3, 1, 2),
        "{spoken:?}"
    );
    assert_eq!(browser.complaints(), [&serde_json::Value::Null; 0]);
}
