//! Paths behind a channel's own: `/session/{dialogue}/start`.

use std::borrow::Cow;

use super::body;

/// A path after `/in/CHANNEL`, with names for the segments that vary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Name(Box<str>),
}

impl PathPattern {
    /// Empty or `/` is the channel itself. A closing `/` says nothing.
    pub(super) fn parse(text: &str) -> Self {
        let name = |segment: &str| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).map(Box::from);
        Self(segments(text).map(|segment| name(segment).map_or_else(|| Segment::Literal(segment.into()), Segment::Name)).collect())
    }

    /// A path that fits, with these values for the names.
    pub(super) fn filled(&self, value: impl Fn(&str) -> String) -> String {
        let segment = |segment: &Segment| match segment {
            Segment::Literal(literal) => format!("/{literal}"),
            Segment::Name(name) => format!("/{}", value(name)),
        };
        self.0.iter().map(segment).collect()
    }

    pub(super) fn names(&self, wanted: &str) -> bool {
        self.0.iter().any(|segment| matches!(segment, Segment::Name(name) if &**name == wanted))
    }

    pub(super) fn captures<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, Cow<'a, str>)>> {
        let mut given = segments(path);
        let mut captures = Vec::new();
        for segment in &self.0 {
            let text = body::segment(given.next()?);
            match segment {
                Segment::Literal(literal) if **literal == *text => {}
                Segment::Literal(_) => return None,
                Segment::Name(name) => captures.push((&**name, text)),
            }
        }
        given.next().is_none().then_some(captures)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}
