use std::fs;

use crate::support::imagekit;

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    imagekit(["man", folder.path().to_str().unwrap()])
        .run()
        .fine();
    for page in [
        "imagekit",
        "imagekit-versions-get",
        "imagekit-versions-diff",
        "imagekit-auth-status",
        "imagekit-upload",
        "imagekit-folder-create",
        "imagekit-api-get-file-details",
    ] {
        let text = fs::read_to_string(folder.path().join(page).with_extension("1")).unwrap();
        assert!(text.contains(".SH OPTIONS"), "{page}: {text}");
    }
    for page in fs::read_dir(folder.path()).unwrap() {
        let text = fs::read_to_string(page.unwrap().path()).unwrap();
        let mut lines = text
            .lines()
            .skip_while(|line| !line.starts_with(".SH OPTIONS"));
        while lines.any(|line| line == ".TP") {
            let (name, meaning) = (lines.next().unwrap(), lines.next().unwrap_or_default());
            assert!(!meaning.trim().is_empty(), "{name} has no text in {text}");
        }
    }
    let text = fs::read_to_string(folder.path().join("imagekit.1")).unwrap();
    assert!(
        text.contains("Exit codes:") && text.contains("IMAGEKIT_PRIVATE_KEY"),
        "{text}"
    );
}
