//! What of a request goes back in the reply to it.

/// By the place of its name in the profile.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Echo(pub(super) Vec<Echoed>);

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Echoed {
    pub(super) text: String,
    /// As JSON writes it.
    pub(super) literal: String,
}

impl Default for Echoed {
    fn default() -> Self {
        Self { text: String::new(), literal: "null".to_owned() }
    }
}

impl Echo {
    pub(super) fn text(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |echoed| &echoed.text)
    }

    pub(super) fn literal(&self, at: usize) -> &str {
        self.0.get(at).map_or("null", |echoed| &echoed.literal)
    }
}

/// It may be a number.
impl std::fmt::Debug for Echo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Echo({} fields)", self.0.len())
    }
}
