//! What a config rests on outside of itself, for whoever looks whether it is there.

use std::path::PathBuf;

use super::Config;

/// Something that the gateway calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// `channel kannel`, `registry`
    pub name: String,
    pub url: String,
}

impl Config {
    pub fn key_file(&self) -> PathBuf {
        self.folder.join(&self.keys)
    }

    /// Files with a secret, the keys first.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let of_channels = self.channel.iter().flat_map(|channel| channel.secret_files().into_iter().filter_map(|(_, file)| file));
        let of_registry = self.registry.http.iter().filter_map(|http| Some(http.header.as_ref()?.value_file.as_path()));
        let of_listeners = [&self.listen.callbacks_tls, &self.listen.health_tls].into_iter().flatten().map(|tls| tls.key.as_path());
        let named = of_channels.chain(of_registry).chain(of_listeners).map(|file| self.folder.join(file));
        std::iter::once(self.key_file()).chain(named).collect()
    }

    /// Telcos that take messages from us, and the registry.
    pub fn called(&self) -> Vec<Called> {
        let channels = self.channel.iter().filter_map(|channel| Some((format!("channel {}", channel.name), channel.send_url.clone()?)));
        let registry = self.registry.http.iter().map(|http| ("registry".to_owned(), http.url.clone()));
        channels.chain(registry).map(|(name, url)| Called { name, url }).collect()
    }
}
