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
    let text = fs::read_to_string(folder.path().join("imagekit.1")).unwrap();
    assert!(
        text.contains("Exit codes:") && text.contains("IMAGEKIT_PRIVATE_KEY"),
        "{text}"
    );
}
