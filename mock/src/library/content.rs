use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// Where uploaded bytes are kept, and how many of them at most.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    folder: Option<PathBuf>,
    limit: u64,
    used: Arc<AtomicU64>,
    next: Arc<AtomicU64>,
}

/// The bytes of a version. They are given back when the last version that has them is gone.
#[derive(Debug)]
pub(crate) struct Content {
    kept: Kept,
    size: u64,
    used: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Kept {
    Memory(Bytes),
    File(PathBuf),
}

impl Storage {
    pub(crate) fn new(folder: Option<PathBuf>, limit: u64) -> Self {
        Self {
            folder,
            limit,
            used: Arc::default(),
            next: Arc::default(),
        }
    }

    /// Keeps bytes; `None` if there is no room for them.
    pub(crate) fn keep(&self, bytes: Bytes) -> io::Result<Option<Arc<Content>>> {
        let size = bytes.len() as u64;
        let used = self.used.fetch_add(size, Ordering::Relaxed);
        let mut content = Content {
            kept: Kept::Memory(Bytes::new()),
            size,
            used: self.used.clone(),
        };
        if used.saturating_add(size) > self.limit {
            return Ok(None);
        }
        content.kept = match &self.folder {
            None => Kept::Memory(bytes),
            Some(folder) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let path = folder.join(format!("{}-{number}", std::process::id()));
                fs::write(&path, &bytes)?;
                Kept::File(path)
            }
        };
        Ok(Some(Arc::new(content)))
    }
}

impl Content {
    pub(crate) fn read(&self) -> io::Result<Bytes> {
        match &self.kept {
            Kept::Memory(bytes) => Ok(bytes.clone()),
            Kept::File(path) => fs::read(path).map(Bytes::from),
        }
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        self.used.fetch_sub(self.size, Ordering::Relaxed);
        if let Kept::File(path) = &self.kept {
            // What cannot be removed is only left behind.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_with_the_last_version() {
        let storage = Storage::new(None, 4);
        let kept = storage.keep(Bytes::from_static(b"abc")).unwrap();
        assert!(storage.keep(Bytes::from_static(b"de")).unwrap().is_none());
        let copy = kept.clone();
        drop(kept);
        assert!(storage.keep(Bytes::from_static(b"de")).unwrap().is_none());
        drop(copy);
        assert!(storage.keep(Bytes::from_static(b"defg")).unwrap().is_some());
    }
}
