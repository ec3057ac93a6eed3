//! `kentongan graph`: the menu as a picture.
//!
//! Screens stand in columns by how many hops they are from the main menu. Each box lists its ways out; those that lead one column or more
//! to the right are drawn, the others (back, and to screens that many lead to) are only named, so that the picture stays readable.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::menu::{Menu, Shape, View};

const BOX_WIDTH: usize = 210;
const COLUMN: usize = 290;
const LINE: usize = 14;
const GAP: usize = 14;
const MARGIN: usize = 20;
/// Characters of a line in a box.
const CHARS_MAX: usize = 32;
/// To a screen that more lead to, no lines are drawn.
const ARROWS_MAX: usize = 6;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Picture {
    #[default]
    Svg,
    Mermaid,
}

pub(super) fn draw(menu: &Menu, picture: Picture) -> String {
    let views = menu.views();
    match picture {
        Picture::Svg => svg(&views, &menu.anchors()),
        Picture::Mermaid => mermaid(&views),
    }
}

fn mermaid(views: &[View]) -> String {
    let mut out = String::from("flowchart LR\n");
    let quoted = |text: &str| text.replace('"', "#quot;");
    for view in views {
        let first = quoted(first_line(view));
        let label = if first.is_empty() { view.name.clone() } else { format!("{}<br/>{first}", view.name) };
        let (open, close) = match view.shape {
            Shape::Call => ("([", "])"),
            Shape::Ask => ("[/", "/]"),
            Shape::End => ("[[", "]]"),
            Shape::Choose | Shape::Page => ("[", "]"),
        };
        // Writing to a String cannot fail, here and below.
        let _infallible = writeln!(out, "  {}{open}\"{label}\"{close}", view.name);
    }
    for view in views {
        for (by, to) in &view.edges {
            let _infallible = writeln!(out, "  {} -->|{}| {}", view.name, quoted(by), views[*to].name);
        }
    }
    out
}

/// A box with its place.
struct Placed<'a> {
    view: &'a View,
    column: usize,
    x: usize,
    y: usize,
}

impl Placed<'_> {
    fn height(&self) -> usize {
        LINE * (2 + self.view.edges.len()) + LINE / 2
    }

    /// Where the line of an edge is written.
    fn row(&self, edge: usize) -> usize {
        self.y + LINE * (3 + edge) - LINE / 4
    }
}

fn svg(views: &[View], anchors: &[usize]) -> String {
    let placed = place(views, anchors);
    let width = placed.iter().map(|one| one.x + BOX_WIDTH).max().unwrap_or(0) + MARGIN;
    let height = placed.iter().map(|one| one.y + one.height()).max().unwrap_or(0) + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let arriving = |to: usize| views.iter().flat_map(|view| &view.edges).filter(|(_, other)| *other == to).count();
    for from in &placed {
        for (edge, (_, to)) in from.view.edges.iter().enumerate() {
            let target = &placed[*to];
            if target.column > from.column && arriving(*to) <= ARROWS_MAX {
                let (x1, y1, x2, y2) = (from.x + BOX_WIDTH, from.row(edge) - LINE / 4, target.x, target.y + LINE);
                let bend = COLUMN / 4;
                let _infallible = writeln!(
                    out,
                    "<path d=\"M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#7a8a99\"/><circle cx=\"{x2}\" cy=\"{y2}\" r=\"2.5\" fill=\"#7a8a99\"/>",
                    x1 + bend,
                    x2 - bend
                );
            }
        }
    }
    for one in &placed {
        write_box(one, views, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

fn write_box(one: &Placed<'_>, views: &[View], out: &mut String) {
    let (fill, radius) = match one.view.shape {
        Shape::Ask => ("#e7f0fb", 2),
        Shape::Call => ("#f1f1f1", 12),
        Shape::Choose => ("#fdf6e3", 2),
        Shape::End => ("#e6f4e6", 2),
        Shape::Page => ("#f4ecf7", 2),
    };
    let _infallible = writeln!(
        out,
        "<rect x=\"{}\" y=\"{}\" width=\"{BOX_WIDTH}\" height=\"{}\" rx=\"{radius}\" fill=\"{fill}\" stroke=\"#44525f\"/>",
        one.x,
        one.y,
        one.height()
    );
    let mut line = |y: usize, text: &str, style: &str| {
        let _infallible = writeln!(out, "<text x=\"{}\" y=\"{y}\"{style}>{}</text>", one.x + LINE / 2, escape(&cut(text)));
    };
    line(one.y + LINE, &one.view.name, " font-weight=\"bold\"");
    line(one.y + LINE * 2, first_line(one.view), " fill=\"#44525f\"");
    for (edge, (by, to)) in one.view.edges.iter().enumerate() {
        line(one.row(edge), &format!("{by} → {}", views[*to].name), "");
    }
}

/// Columns by the number of hops; within one, screens stand near to what leads to them.
fn place<'a>(views: &'a [View], anchors: &[usize]) -> Vec<Placed<'a>> {
    let columns = columns(views, anchors);
    let mut placed: Vec<Placed<'a>> =
        views.iter().zip(&columns).map(|(view, column)| Placed { view, column: *column, x: MARGIN + column * COLUMN, y: 0 }).collect();
    for column in 0..=columns.iter().copied().max().unwrap_or(0) {
        let mut here: Vec<usize> = (0..views.len()).filter(|at| columns[*at] == column).collect();
        here.sort_by_key(|at| (first_arrival(views, &placed, *at), *at));
        let mut y = MARGIN;
        for at in here {
            placed[at].y = y;
            y += placed[at].height() + GAP;
        }
    }
    placed
}

/// The height of the first edge that leads here from the column before.
fn first_arrival(views: &[View], placed: &[Placed<'_>], to: usize) -> usize {
    let before = placed.iter().filter(|from| from.column + 1 == placed[to].column);
    let rows =
        before.flat_map(|from| from.view.edges.iter().enumerate().filter(|(_, (_, other))| *other == to).map(|(edge, _)| from.row(edge)));
    rows.min().unwrap_or(views.len())
}

fn columns(views: &[View], anchors: &[usize]) -> Vec<usize> {
    let mut columns: Vec<Option<usize>> = vec![None; views.len()];
    let mut last = 0;
    // What only a message leads to begins anew in the first column.
    for start in anchors.iter().copied().chain(0..views.len()) {
        if columns[start].is_some() {
            continue;
        }
        columns[start] = Some(0);
        let mut open = VecDeque::from([(start, 0)]);
        while let Some((at, column)) = open.pop_front() {
            last = last.max(column);
            for (_, to) in &views[at].edges {
                if columns[*to].is_none() {
                    columns[*to] = Some(column + 1);
                    open.push_back((*to, column + 1));
                }
            }
        }
    }
    columns.into_iter().map(|column| column.unwrap_or(last)).collect()
}

fn first_line(view: &View) -> &str {
    view.pages.first().and_then(|(_, lines)| lines.first()).map_or("", String::as_str)
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CHARS_MAX { text.to_owned() } else { text.chars().take(CHARS_MAX - 1).chain(['…']).collect() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
