//! The pictures as a page needs them: with signed URLs in the widths that browsers choose from.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imagekit_client::types::{Asset, AssetSort, File, FileTypeFilter};
use imagekit_client::url::{Expiry, PrivateKey, Responsive, UrlBuilder};
use imagekit_client::{Client, Error};

use crate::FOLDER;

/// How wide a picture is on the page, as `gallery.css` has it.
const SIZES: &str = "(min-width: 64rem) 29rem, (min-width: 48rem) 46vw, 92vw";

const HOUR: u64 = 3600;

/// Where pictures are delivered from.
pub(crate) struct Pictures {
    pub(crate) endpoint: UrlBuilder,
    pub(crate) key: PrivateKey,
}

/// A picture as the template takes it, which escapes all of it.
pub(crate) struct Picture {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) src: String,
    pub(crate) srcset: String,
    pub(crate) sizes: &'static str,
    pub(crate) width: Option<f64>,
    pub(crate) height: Option<f64>,
}

impl Pictures {
    /// Returns the latest pictures, the newest first.
    pub(crate) async fn latest(&self, client: &Client) -> Result<Vec<Picture>, Error> {
        let assets = client
            .list_assets()
            .path(FOLDER)
            .file_type(FileTypeFilter::Image)
            .sort(AssetSort::DescCreated)
            .limit(24)
            .send()
            .await?;
        let mut pictures = Vec::new();
        for asset in assets {
            // One picture that is odd is no reason to show none.
            match asset {
                Ok(Asset::File(file)) => match self.picture(&file) {
                    Ok(picture) => pictures.push(picture),
                    Err(error) => eprintln!("{}: {error}", file.file_path),
                },
                Ok(_) => {}
                Err(error) => eprintln!("{error}"),
            }
        }
        Ok(pictures)
    }

    fn picture(&self, file: &File) -> Result<Picture, imagekit_client::url::Error> {
        let version = file.version_info.as_ref().map(|it| it.id.as_str());
        // Another version has another URL, so that no cache shows the one before.
        let url = self
            .endpoint
            .clone()
            .file_path(&file.file_path)
            .query("v", version.unwrap_or_default());
        let image =
            Responsive::new()
                .sizes(SIZES)
                .sign(&url, &self.key, expiry(SystemTime::now())?)?;
        Ok(Picture {
            name: file.name.clone(),
            description: file.description.clone().unwrap_or_default(),
            src: image.src().to_string(),
            srcset: image.srcset(),
            sizes: SIZES,
            width: file.width,
            height: file.height,
        })
    }
}

/// Returns a full hour that is one to two hours away. A time that is another for each page would be another URL each time,
/// and browsers would fetch all pictures anew.
fn expiry(now: SystemTime) -> Result<Expiry, imagekit_client::url::Error> {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    Expiry::after(
        UNIX_EPOCH + Duration::from_secs(seconds / HOUR * HOUR),
        Duration::from_secs(2 * HOUR),
    )
}
