use chrono::{DateTime, Utc};

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Makes up everything that ImageKit makes up. With the same seed and the same time, the same.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    random: fastrand::Rng,
}

impl Ids {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self {
            random: seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
        }
    }

    /// Returns 24 hexadecimal digits, of which the first eight are the time.
    pub(crate) fn object(&mut self, now: DateTime<Utc>) -> String {
        let seconds = u32::try_from(now.timestamp()).unwrap_or_default();
        format!("{seconds:08x}{:016x}", self.random.u64(..))
    }

    pub(crate) fn uuid(&mut self) -> String {
        let bits = self.random.u128(..);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            bits >> 96,
            (bits >> 80) & 0xffff,
            (bits >> 68) & 0xfff,
            ((bits >> 52) & 0x3fff) | 0x8000,
            bits & 0xffff_ffff_ffff,
        )
    }

    /// Returns letters and digits, such as those that make a file name unique.
    pub(crate) fn text(&mut self, length: usize) -> String {
        let letter = |_| char::from(self.random.choice(LETTERS).copied().unwrap_or(b'_'));
        (0..length).map(letter).collect()
    }
}
