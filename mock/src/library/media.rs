//! What the first bytes of a file tell about it.

use serde_json::Number;

use super::version::Media;

/// Measures the bytes of an upload. The name decides only where the bytes do not.
pub(crate) fn inspect(bytes: &[u8], name: &str) -> Media {
    let mime = mime_of(bytes, name);
    let mut media = Media {
        size: Some(bytes.len() as u64),
        ..Media::default()
    };
    if mime.starts_with("image/") {
        if let Ok(size) = imagesize::blob_size(bytes) {
            media.width = Some(Number::from(size.width));
            media.height = Some(Number::from(size.height));
        }
        media.has_alpha = Some(has_alpha(bytes, &mime));
    }
    media.mime = Some(mime);
    media
}

fn mime_of(bytes: &[u8], name: &str) -> String {
    let by_bytes = match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', ..] => Some("application/pdf"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', ..] => Some("image/avif"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'h', b'e', b'i', ..] => Some("image/heic"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("video/mp4"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("video/webm"),
        _ => None,
    };
    let by_name = || mime_guess::from_path(name).first_raw();
    let unknown = "application/octet-stream";
    by_bytes.or_else(by_name).unwrap_or(unknown).to_owned()
}

/// Whether an image can be transparent, as far as its header says.
fn has_alpha(bytes: &[u8], mime: &str) -> bool {
    match mime {
        // The colour type of IHDR: grey or colours with alpha; or else a chunk that makes some colours transparent.
        "image/png" => {
            matches!(bytes.get(25), Some(4 | 6)) || bytes.windows(4).any(|it| it == b"tRNS")
        }
        // A graphic control extension with the transparency flag.
        "image/gif" => bytes
            .windows(4)
            .any(|it| matches!(it, [0x21, 0xf9, 4, flags] if flags & 1 == 1)),
        "image/webp" => match bytes.get(12..16) {
            Some(b"VP8X") => bytes.get(20).is_some_and(|flags| flags & 0x10 != 0),
            Some(b"VP8L") => bytes.get(24).is_some_and(|flags| flags & 0x10 != 0),
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of 3 × 2 pixels up to the end of its header.
    fn png(colour_type: u8) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x03\0\0\0\x02\x08".to_vec();
        bytes.extend([colour_type, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn an_image_is_measured_by_its_bytes_whatever_its_name() {
        let media = inspect(&png(6), "a.txt");
        assert_eq!(media.mime.as_deref(), Some("image/png"));
        assert_eq!(media.width, Some(3.into()));
        assert_eq!(media.height, Some(2.into()));
        assert_eq!(media.has_alpha, Some(true));
        assert_eq!(inspect(&png(2), "a").has_alpha, Some(false));
        let mut paletted = png(3);
        paletted.extend(b"\0\0\0\x01tRNS");
        assert_eq!(inspect(&paletted, "a").has_alpha, Some(true));
    }

    #[test]
    fn a_text_is_known_by_its_name() {
        assert_eq!(inspect(b"a,b", "a.csv").mime.as_deref(), Some("text/csv"));
        let unknown = inspect(b"a", "a");
        assert_eq!(unknown.mime.as_deref(), Some("application/octet-stream"));
        assert_eq!((unknown.width, unknown.has_alpha), (None, None));
    }
}
