//! JSON Schemas of the files that people write, made from the types that read them: with one an editor completes keys and explains them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::channel::Profile;
use crate::config::Config;
use crate::menu;

/// Writes a schema for each kind of file into a folder, which is made if need be; tells which.
///
/// # Errors
/// If the folder cannot be written to.
pub(super) fn write(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let all = menu::schemas().into_iter().chain([("config", schemars::schema_for!(Config)), ("profile", Profile::schema())]);
    all.map(|(name, schema)| {
        let path = folder.join(format!("{name}.schema.json"));
        fs::write(&path, format!("{:#}\n", schema.as_value()))?;
        Ok(path)
    })
    .collect()
}
