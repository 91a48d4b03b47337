//! Where each byte of a written-out text came from.

use mesh_diagnostics::{FileId, Span};

/// A stretch of the text that came from one place.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where it starts in the text.
    at: u32,
    /// Where it was written; as long as the piece, or the whole that the piece stands for.
    origin: Span,
    /// The bytes are those of the origin, one by one.
    exact: bool,
    frame: FrameId,
}

/// A frame, by its place in its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameId(u32);

/// What stands in the text in place of something else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The frame around it; the file itself has none.
    parent: Option<FrameId>,
    /// What it stands in place of: a `with`, or a `$name`.
    pub site: Span,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The text of the file itself.
    File,
    /// The clauses of a profile.
    Profile,
    /// The value behind a name.
    Value,
}

/// The frames of the texts that a file is written out as.
#[derive(Debug)]
pub(super) struct Frames(Vec<Frame>);

impl Frames {
    /// The file itself.
    pub const FILE: FrameId = FrameId(0);

    pub fn new(file: FileId) -> Frames {
        Frames(vec![Frame { parent: None, site: Span::new(file, 0, 0), what: What::File }])
    }

    pub fn enter(&mut self, parent: FrameId, site: Span, what: What) -> FrameId {
        self.0.push(Frame { parent: Some(parent), site, what });
        FrameId(self.0.len() as u32 - 1)
    }

    fn frame(&self, id: FrameId) -> Frame {
        self.0[id.0 as usize]
    }

    /// The frames around one, from the inside out, without the file itself.
    pub fn around(&self, id: FrameId) -> impl Iterator<Item = Frame> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let frame = self.frame(next?);
            next = frame.parent;
            (frame.what != What::File).then_some(frame)
        })
    }
}

/// Where a written-out text came from.
#[derive(Debug, Default)]
pub(super) struct Map {
    pieces: Vec<Piece>,
}

impl Map {
    /// Says where the bytes from `at` on came from.
    pub fn add(&mut self, at: u32, origin: Span, exact: bool, frame: FrameId) {
        if let Some(last) = self.pieces.last()
            && last.exact
            && exact
            && last.frame == frame
            && last.origin.file == origin.file
            && last.origin.end == origin.start
            && at - last.at == last.origin.end - last.origin.start
        {
            let last = self.pieces.len() - 1;
            self.pieces[last].origin.end = origin.end;
            return;
        }
        self.pieces.push(Piece { at, origin, exact, frame });
    }

    /// Adds the map of a text that is put behind this one, at a byte.
    pub fn append(&mut self, other: Map, at: u32) {
        self.pieces.extend(other.pieces.into_iter().map(|piece| Piece { at: piece.at + at, ..piece }));
    }

    /// Where a stretch of the text was written: in one frame, the innermost that holds all of it.
    pub fn origin(&self, span: Span, frames: &Frames) -> (Span, FrameId) {
        // An empty span is where something is missing: behind the byte before it.
        if span.start == span.end && span.start > 0 {
            let (before, frame) = self.origin(Span::new(span.file, span.start - 1, span.start), frames);
            return (before.after(), frame);
        }
        let end = if span.end > span.start { span.end - 1 } else { span.end };
        let behind = self.behind(span.start);
        // Most names and heads lie in one piece.
        let is_one = self.pieces.get(behind).is_none_or(|next| next.at > end);
        let last = if is_one { behind } else { self.behind(end) };
        let (Some(first), Some(last)) = (behind.checked_sub(1), last.checked_sub(1)) else {
            return (frames.0[0].site, Frames::FILE);
        };
        let (first, last) = (self.pieces[first], self.pieces[last]);
        let start = at(first, span.start).start;
        // An empty span lies before its byte.
        let end = if span.end > span.start { at(last, span.end - 1).end } else { at(last, span.end).start };
        let (mut from, mut to) = ((start, first.origin.file, first.frame), (end, last.origin.file, last.frame));
        while from.2 != to.2 {
            // The deeper one is stepped out of; frames are numbered from the outside in.
            let outer = |(_, _, id): (u32, FileId, FrameId), ends: bool| {
                let frame = frames.frame(id);
                let place = if ends { frame.site.end } else { frame.site.start };
                (place, frame.site.file, frame.parent.unwrap_or(Frames::FILE))
            };
            if from.2.0 > to.2.0 {
                from = outer(from, false);
            } else {
                to = outer(to, true);
            }
        }
        (Span::new(from.1, from.0.min(to.0), from.0.max(to.0)), from.2)
    }

    /// One behind the piece that a byte is in.
    fn behind(&self, at: u32) -> usize {
        self.pieces.partition_point(|piece| piece.at <= at)
    }

    /// True where a stretch of the text stands in one file, byte by byte, so that it can be edited there.
    pub fn is_exact(&self, span: Span) -> bool {
        let first = self.pieces.partition_point(|piece| piece.at <= span.start).saturating_sub(1);
        let last = self.pieces.partition_point(|piece| piece.at < span.end.max(span.start + 1)).saturating_sub(1);
        let Some(piece) = self.pieces.get(first).filter(|_| first == last) else { return false };
        piece.exact && span.end - piece.at <= piece.origin.end - piece.origin.start
    }
}

/// The byte that a byte of a piece came from, or all that the piece stands for.
fn at(piece: Piece, byte: u32) -> Span {
    if !piece.exact {
        return piece.origin;
    }
    let place = (piece.origin.start + (byte - piece.at)).min(piece.origin.end);
    Span::new(piece.origin.file, place, (place + 1).min(piece.origin.end.max(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_where_all_of_it_was_written() {
        let (file, module) = (FileId(0), FileId(1));
        let (mut map, mut frames) = (Map::default(), Frames::new(file));
        // `ab` of the file, `with` in place of a profile of `x$y`, whose `$y` is `7` of the file.
        map.add(0, Span::new(file, 0, 2), true, Frames::FILE);
        let profile = frames.enter(Frames::FILE, Span::new(file, 3, 7), What::Profile);
        map.add(2, Span::new(module, 10, 11), true, profile);
        let value = frames.enter(profile, Span::new(module, 11, 13), What::Value);
        map.add(3, Span::new(file, 6, 7), true, value);
        let origin = |start, end| map.origin(Span::new(FileId(9), start, end), &frames);
        assert_eq!(origin(0, 2), (Span::new(file, 0, 2), Frames::FILE));
        assert_eq!(origin(3, 4), (Span::new(file, 6, 7), value));
        assert_eq!(origin(2, 4), (Span::new(module, 10, 13), profile));
        assert_eq!(origin(1, 4), (Span::new(file, 1, 7), Frames::FILE));
        let sites: Vec<Span> = frames.around(value).map(|frame| frame.site).collect();
        assert_eq!(sites, [Span::new(module, 11, 13), Span::new(file, 3, 7)]);
        assert!(map.is_exact(Span::new(FileId(9), 0, 2)) && !map.is_exact(Span::new(FileId(9), 1, 3)));
    }
}
