use std::path::{Path, PathBuf, absolute};

use serde::{Deserialize, Serialize};

/// Language data in Tesseract's format: a folder, and a name in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageData {
    folder: PathBuf,
    name: String,
}

impl LanguageData {
    /// Where Debian's packages `tesseract-ocr-*` put their data.
    pub const DEBIAN: &str = "/usr/share/tesseract-ocr/5/tessdata";

    /// The data `FOLDER/NAME.traineddata`: `vie`. A folder that is not told from the root is taken from where this process is
    /// now, for children work elsewhere.
    pub fn new(folder: impl AsRef<Path>, name: &str) -> Self {
        let folder = folder.as_ref();
        Self { folder: absolute(folder).unwrap_or_else(|_| folder.to_owned()), name: name.to_owned() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The language, by Tesseract's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file.
    pub fn file(&self) -> PathBuf {
        // Not by `with_extension`: names may have dots.
        self.folder.join(format!("{}.traineddata", self.name))
    }
}

impl Default for LanguageData {
    /// Vietnamese, where Debian puts it.
    fn default() -> Self {
        Self::new(Self::DEBIAN, "vie")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_dots() {
        let file = |name| LanguageData::new("/data", name).file();
        assert_eq!(file("vie"), Path::new("/data/vie.traineddata"));
        assert_eq!(file("vie.2026"), Path::new("/data/vie.2026.traineddata"));
        assert_eq!(file("script/Vietnamese"), Path::new("/data/script/Vietnamese.traineddata"));
    }
}
