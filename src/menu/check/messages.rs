//! Do the messages say what they must, and nothing that nobody tells them?

use super::Found;
use crate::menu::MessageSpec;
use crate::menu::source::TextsFile;
use crate::menu::text::Template;

/// Every message that may be wanted has words, and each of them its values.
pub(super) fn check(file: &TextsFile, wanted: &[MessageSpec], found: &mut Found<'_>) {
    let written = || file.messages.0.iter().chain(&file.notes.0);
    for spec in wanted.iter().filter(|spec| !written().any(|(name, _)| name.value == spec.name)) {
        found.name("T016", &file.language, format!("the message `{}` is missing", spec.name));
    }
    for (name, text) in written() {
        let Some(spec) = wanted.iter().find(|spec| spec.name == name.value) else {
            found.name("M009", name, format!("there is no message `{}`", name.value));
            continue;
        };
        // Braces that do not fit together are told of elsewhere.
        let Ok(template) = Template::parse(&text.value) else { continue };
        for used in template.names().filter(|used| !spec.gives.iter().any(|(given, _)| given == used)) {
            found.name("M008", text, format!("`{{{used}}}` is not known to `{}`", spec.name));
        }
        for kept in spec.keeps.iter().filter(|kept| !template.names().any(|used| used == **kept)) {
            found.name("T014", text, format!("`{}` leaves out `{{{kept}}}`", spec.name));
        }
    }
}
