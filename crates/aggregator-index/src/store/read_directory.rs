//! The directory of the writer, which reads files instead of mapping them.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr,
};

/// A folder whose files are read and not mapped into memory. Merging segments goes through all of their files: mapped, each
/// page counts as memory of the process until the merge ends, and that is as much as the segments are large. Read, it is
/// their dictionaries and what one step needs. A search reads little of much, so it maps files.
#[derive(Clone)]
pub(crate) struct ReadDirectory {
    folder: PathBuf,
    mapped: MmapDirectory,
}

impl ReadDirectory {
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { folder: folder.to_owned(), mapped: MmapDirectory::open(folder)? })
    }
}

impl fmt::Debug for ReadDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadDirectory").field(&self.folder).finish()
    }
}

impl Directory for ReadDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(error, path.to_owned()),
        };
        let file = File::open(self.folder.join(path)).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len() as usize;
        Ok(Arc::new(FileReader { file, bytes }))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.mapped.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.mapped.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.mapped.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

#[derive(Debug)]
struct FileReader {
    file: File,
    bytes: usize,
}

impl HasLen for FileReader {
    fn len(&self) -> usize {
        self.bytes
    }
}

impl FileHandle for FileReader {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let mut bytes = vec![0; range.len()];
        read_at(&self.file, &mut bytes, range.start as u64)?;
        Ok(OwnedBytes::new(bytes))
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => (bytes, offset) = (&mut bytes[read..], offset + read as u64),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn parts_of_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "lighthouse").unwrap();
        fs::write(folder.path().join("empty"), "").unwrap();
        let read_directory = ReadDirectory::open(folder.path()).unwrap();
        let file = read_directory.open_read(Path::new("a")).unwrap();
        assert_eq!(file.read_bytes().unwrap().as_slice(), b"lighthouse");
        assert_eq!(file.slice(5..10).read_bytes().unwrap().as_slice(), b"house");
        assert!(file.slice(3..3).read_bytes().unwrap().is_empty());
        assert!(read_directory.open_read(Path::new("empty")).unwrap().read_bytes().unwrap().is_empty());
        fs::write(folder.path().join("a"), "light").unwrap();
        assert!(file.read_bytes().is_err(), "a file that was cut is an error");
        let absent = read_directory.open_read(Path::new("absent"));
        assert!(matches!(absent, Err(OpenReadError::FileDoesNotExist(_))));
    }
}
