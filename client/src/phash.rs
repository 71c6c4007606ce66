use std::fmt;

/// Returns in how many of its 64 bits one perceptual hash differs from another: 0 for images that look
/// alike, up to 64. Both are 16 hexadecimal digits, as in `pHash` of the metadata of a file.
///
/// ```
/// use imagekit_client::phash_distance;
///
/// assert_eq!(phash_distance("63433b3ccf8e1ebe", "f5d2226cd9d32b16")?, 27);
/// # Ok::<(), imagekit_client::InvalidPhash>(())
/// ```
///
/// # Errors
///
/// If one of the two is not a perceptual hash.
pub fn phash_distance(one: &str, other: &str) -> Result<u32, InvalidPhash> {
    Ok((bits(one)? ^ bits(other)?).count_ones())
}

fn bits(hash: &str) -> Result<u64, InvalidPhash> {
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash
        .then(|| u64::from_str_radix(hash, 16).ok())
        .flatten()
        .ok_or_else(|| InvalidPhash(hash.to_owned()))
}

/// A text that is not a perceptual hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPhash(String);

impl fmt::Display for InvalidPhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excerpt: String = self.0.chars().take(64).collect();
        write!(
            f,
            "{excerpt:?} is not a perceptual hash: 16 hexadecimal digits are needed"
        )
    }
}

impl std::error::Error for InvalidPhash {}
