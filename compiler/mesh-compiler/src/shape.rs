//! The shape check: the items of a head against the shapes of its word.

mod matched;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_syntax::{Item, OperandKind};

use crate::operand::{Arg, Failure, Reader, Target, Type, Value};
use crate::suggest::{any_of, nearest};
use crate::vocabulary::{Block, Element, Shape, Slot, Word, lookup};

pub(crate) use matched::Match;

/// Why no shape fits, and how far the nearest one got.
struct Miss {
    reached: usize,
    failure: Failure,
    /// Nothing was left where this was expected, and the place where it should stand.
    missing: Option<(String, Span)>,
    /// Another word was found where this one was expected.
    word: Option<&'static str>,
}

/// The head of a statement: its word, the items behind it, and where it ends.
pub(crate) struct Head<'t> {
    pub word: &'static Word,
    pub items: &'t [Item],
    pub span: Span,
    /// The block that the statement stands in: a word of it that follows starts the next statement.
    pub block: Block,
}

/// Fits the head into one of the shapes of its word.
pub(crate) fn fit<'t, 'a>(reader: Reader<'t, 'a>, head: &Head<'t>) -> Result<Match<'t, 'a>, Failure> {
    let mut best: Option<Miss> = None;
    let mut words: Vec<&'static str> = Vec::new();
    for shape in &head.word.shapes {
        let mut matcher = Matcher {
            reader,
            head,
            items: head.items,
            at: 0,
            out: Match::default(),
            found: Vec::new(),
            rejected: None,
        };
        match matcher.shape(shape) {
            Ok(()) => return Ok(matcher.out),
            Err(miss) => match &mut best {
                Some(old) if miss.reached == old.reached => {
                    if let (Some((old, _)), Some((new, _))) = (&mut old.missing, miss.missing)
                        && !old.ends_with(&new)
                    {
                        old.push_str(", or ");
                        old.push_str(&new);
                    }
                    words.extend(miss.word);
                    // An operand of the right kind that is wrong in itself says more than one of another kind.
                    let wrong_kind =
                        |failure: &Failure| matches!(failure, Failure::Problem(problem) if problem.code == code::E0301);
                    if miss.word.is_none()
                        && wrong_kind(&old.failure)
                        && !wrong_kind(&miss.failure)
                        && old.missing.is_none()
                    {
                        old.failure = miss.failure;
                    }
                }
                Some(old) if miss.reached < old.reached => {}
                _ => {
                    words = miss.word.into_iter().collect();
                    best = Some(miss);
                }
            },
        }
    }
    let Some(miss) = best else { return Ok(Match::default()) };
    if let (true, Some(item), Some(_)) = (words.len() > 1, head.items.get(miss.reached), miss.word) {
        let text = reader.tree.slice(item.key);
        let expected = any_of(words);
        return Err(Diagnostic::new(
            code::E0301,
            reader.item_span(*item),
            format!("expected {expected}, found `{text}`"),
        )
        .label(format!("expected {expected}"))
        .into());
    }
    if let Some((expected, place)) = miss.missing {
        let word = head.word.entry.word;
        return Err(Diagnostic::new(code::E0302, place, format!("`{word}` lacks an operand: expected {expected}"))
            .label("something is missing here")
            .also(head.span, format!("an example: `{}`", head.word.entry.example))
            .into());
    }
    Err(miss.failure)
}

struct Matcher<'h, 't, 'a> {
    reader: Reader<'t, 'a>,
    head: &'h Head<'t>,
    items: &'t [Item],
    at: usize,
    out: Match<'t, 'a>,
    /// The option words met so far.
    found: Vec<&'static str>,
    /// An operand that an optional place did not take, and why.
    rejected: Option<(usize, Failure)>,
}

impl<'a> Matcher<'_, '_, 'a> {
    fn shape(&mut self, shape: &'static Shape) -> Result<(), Miss> {
        self.elements(&shape.elements, shape)?;
        let Some(item) = self.items.get(self.at).copied() else { return Ok(()) };
        match self.rejected.take() {
            Some((at, failure)) if at == self.at => Err(self.miss(failure)),
            _ => Err(self.miss(self.leftover(item, shape))),
        }
    }

    fn miss(&self, failure: impl Into<Failure>) -> Miss {
        Miss { reached: self.at, failure: failure.into(), missing: None, word: None }
    }

    fn nothing_left(&self, expected: String) -> Miss {
        let place = match self.at.checked_sub(1).and_then(|before| self.items.get(before)) {
            Some(before) => self.reader.item_span(*before).after(),
            None if self.items.is_empty() => self.head.span.after(),
            None => self.reader.item_span(self.items[0]).before(),
        };
        Miss { reached: self.at, failure: Failure::Quiet, missing: Some((expected, place)), word: None }
    }

    /// The text of a lone bare word at a place.
    fn lone(&self, at: usize) -> Option<&'a str> {
        let item = self.items.get(at)?;
        let alone = item.value.is_none() && item.key.kind == OperandKind::Bare && !item.after_comma;
        let alone = alone && self.items.get(at + 1).is_none_or(|next| !next.after_comma);
        alone.then(|| self.reader.tree.slice(item.key))
    }

    fn elements(&mut self, elements: &'static [Element], shape: &'static Shape) -> Result<(), Miss> {
        for (i, element) in elements.iter().enumerate() {
            match element {
                Element::Word(word) => self.expect_word(word)?,
                Element::Slot(slot) if slot.of.is_condition() => {
                    if self.at >= self.items.len() {
                        return Err(self.nothing_left(slot.of.to_string()));
                    }
                    self.out.leave(&self.items[self.at..]);
                    self.at = self.items.len();
                }
                Element::Slot(slot) if slot.of == Type::Target => self.targets(slot, elements.get(i + 1), shape)?,
                Element::Slot(slot) => self.slot(slot, shape)?,
                Element::Options(options) => self.options(options, shape)?,
            }
        }
        Ok(())
    }

    fn expect_word(&mut self, word: &'static str) -> Result<(), Miss> {
        let Some(item) = self.items.get(self.at) else { return Err(self.nothing_left(format!("`{word}`"))) };
        let span = self.reader.item_span(*item);
        let text = self.reader.tree.slice(item.key);
        let is_equals = word == "=" && item.key.kind == OperandKind::Equals;
        if item.value.is_none() && !item.after_comma && (text == word || is_equals) {
            self.out.say(word, span);
            self.at += 1;
            return Ok(());
        }
        let problem = Diagnostic::new(code::E0301, span, format!("expected `{word}`, found `{text}`"))
            .label(format!("expected `{word}`"));
        // `3x 2s` and `3×2s` are how people write it by hand.
        let near = nearest(text, [word]).is_some() || (word == "x" && matches!(text, "X" | "×" | "*"));
        let problem = if near {
            problem.fix(format!("write `{word}`"), span, word)
        } else {
            problem.help(format!("an example: `{}`", self.head.word.entry.example))
        };
        Err(Miss { word: Some(word), ..self.miss(problem) })
    }

    fn slot(&mut self, slot: &'static Slot, shape: &'static Shape) -> Result<(), Miss> {
        let Some(item) = self.items.get(self.at).copied() else {
            return Err(self.nothing_left(slot.of.to_string()));
        };
        // An option word where the operand should be: the operand is what is missing.
        let more = self.at > 0 || self.items.len() > 1;
        if self.lone(self.at).is_some_and(|word| more && shape.option_words().any(|option| option == word)) {
            let miss = self.nothing_left(slot.of.to_string());
            return Err(miss);
        }
        let arg = self.reader.read(slot.of, item).map_err(|failure| self.improve(slot, failure))?;
        self.take(arg);
        self.at += 1;
        while let Some(next) = self.items.get(self.at).filter(|next| next.after_comma).copied() {
            if !slot.list {
                let span = self.reader.item_span(next);
                let problem =
                    Diagnostic::new(code::E0303, span, format!("only one operand can stand here: {}", slot.of))
                        .label("one too many");
                return Err(self.miss(problem));
            }
            let wrapped = self.wrapped_clause(next);
            if let Some(problem) = wrapped {
                return Err(self.miss(problem));
            }
            let arg = self.reader.read(slot.of, next).map_err(|failure| self.miss(unfixed(failure)))?;
            self.take(arg);
            self.at += 1;
        }
        self.out.fill(slot);
        Ok(())
    }

    /// A failure to read an operand, with what the operands behind it tell.
    fn improve(&self, slot: &Slot, failure: Failure) -> Miss {
        let tree = self.reader.tree;
        let item = self.items[self.at];
        let next = self.items.get(self.at + 1);
        let number = tree.slice(item.key);
        let unit = next.filter(|next| !next.after_comma && next.value.is_none()).map(|next| tree.slice(next.key));
        let timed = slot.of == Type::Duration && number.parse::<f64>().is_ok();
        let unit = unit.filter(|_| timed).and_then(crate::operand::time_unit);
        if let (Some(unit), Some(next)) = (unit, next) {
            let whole = Span::new(tree.file(), item.key.start, next.end());
            let text = format!("{number}{unit}");
            let problem = Diagnostic::new(code::E0301, whole, "a duration is written in one piece");
            return self.miss(problem.label("a number and its unit apart").fix(format!("write `{text}`"), whole, text));
        }
        let equals = next.filter(|next| next.key.kind == OperandKind::Equals);
        if let (Type::Pair, Some(equals)) = (slot.of, equals) {
            let gap = Span::new(
                tree.file(),
                item.end(),
                self.items.get(self.at + 2).map_or(equals.end(), |value| value.key.start),
            );
            let problem = Diagnostic::new(code::E0301, tree.span(equals.key), "a pair is joined by `:`, not by `=`");
            return self.miss(problem.label("not a joint of pairs").fix("write `:`", gap, ": "));
        }
        // Behind a comma goes on what the fix would cut in two, as in `1,5s`.
        self.miss(if next.is_some_and(|next| next.after_comma) && !slot.list { unfixed(failure) } else { failure })
    }

    /// A comma at the end of a line that pulls the next statement into the list.
    fn wrapped_clause(&self, item: Item) -> Option<Diagnostic> {
        let tree = self.reader.tree;
        let before = self.items[self.at - 1];
        let between = &tree.text()[before.end() as usize..item.key.start as usize];
        let word = tree.slice(item.key);
        let follows = self.items.get(self.at + 1).is_some_and(|next| !next.after_comma);
        let starts_statement = item.value.is_none() && follows && lookup(self.head.block, word).is_some();
        if !between.contains('\n') || !starts_statement {
            return None;
        }
        let comma = before.end() + between.find(',')? as u32;
        let comma = Span::new(tree.file(), comma, comma + 1);
        Some(
            Diagnostic::new(code::E0303, comma, format!("this comma carries the list on into `{word}`"))
                .label("a list goes on behind a comma, also in the next line")
                .also(tree.span(item.key), "taken as a member of the list")
                .fix("remove the comma", comma, ""),
        )
    }

    fn targets(&mut self, slot: &'static Slot, next: Option<&Element>, shape: &'static Shape) -> Result<(), Miss> {
        let Some(item) = self.items.get(self.at).copied() else {
            return Err(self.nothing_left(slot.of.to_string()));
        };
        let span = self.reader.item_span(item);
        if let (Some(Element::Slot(next)), Some(word), 1) = (next, self.lone(self.at), self.items.len() - self.at) {
            let mode = next.of == Type::Mode
                && ["strict", "permissive", "off", "inherit"].iter().any(|mode| mode.eq_ignore_ascii_case(word));
            if mode {
                let problem = Diagnostic::new(code::E0302, span.before(), "`mtls` lacks an operand: of what?")
                    .label("a target is missing here");
                let lower = word.to_ascii_lowercase();
                return Err(self.miss(problem.help(format!(
                    "write `mtls mesh {lower}`, `mtls namespace NS {lower}` or `mtls SERVICE {lower}`"
                ))));
            }
        }
        match self.lone(self.at) {
            Some("mesh") => {
                self.take(Arg { value: Value::Target(Target::Mesh), span });
                self.at += 1;
            }
            Some("namespace") => {
                self.at += 1;
                let following = self.lone(self.at);
                let required = matches!(next, Some(Element::Slot(_)));
                let own = self.at >= self.items.len()
                    || (required && self.at + 1 == self.items.len())
                    || following.is_some_and(|word| shape.option_words().any(|option| option == word));
                if own {
                    self.take(Arg { value: Value::Target(Target::Namespace(None)), span });
                } else {
                    for arg in self.run(Type::Namespace)? {
                        arg.value = Value::Target(Target::Namespace(Some(arg.word())));
                    }
                }
            }
            Some("gateway") => {
                self.at += 1;
                if self.at >= self.items.len() {
                    return Err(self.nothing_left(Type::Gateway.to_string()));
                }
                for arg in self.run(Type::Gateway)? {
                    arg.value = Value::Target(Target::Gateway(arg.name()));
                }
            }
            word => {
                if self.at == 0 && word.is_some_and(|word| shape.option_words().any(|option| option == word)) {
                    return Err(self.nothing_left(slot.of.to_string()));
                }
                self.run(Type::Target)?;
            }
        }
        self.out.fill(slot);
        Ok(())
    }

    /// Adds an operand to the place that is being read.
    fn take(&mut self, arg: Arg<'a>) {
        self.out.take(arg, self.items.len() - self.at);
    }

    /// Reads the list that starts here.
    fn run(&mut self, of: Type) -> Result<&mut [Arg<'a>], Miss> {
        let tree = self.reader.tree;
        let first = self.out.taken().len();
        while let Some(item) = self.items.get(self.at).copied() {
            if self.out.taken().len() > first && !item.after_comma {
                break;
            }
            let word = self.reader.tree.slice(item.key);
            if item.after_comma && matches!(word, "namespace" | "gateway" | "mesh") {
                let span = self.reader.item_span(item);
                let problem = Diagnostic::new(code::E0322, span, "targets of different kinds in one list")
                    .label(format!("`{word}` starts another kind of target"))
                    .help("write a statement for each kind");
                return Err(self.miss(problem));
            }
            let arg = self.reader.read(of, item).map_err(|failure| self.miss(failure))?;
            self.take(arg);
            self.at += 1;
        }
        let args = &self.out.taken()[first..];
        for (i, arg) in args.iter().enumerate() {
            if let Some(first) = args[..i].iter().find(|first| first.value == arg.value) {
                let text = tree.text().get(arg.span.range()).unwrap_or("");
                let problem = Diagnostic::new(code::E0306, arg.span, format!("`{text}` is named twice"));
                return Err(self.miss(problem.label("again here").also(first.span, "first here")));
            }
        }
        Ok(&mut self.out.taken_mut()[first..])
    }

    /// Optional parts, in any order, each once.
    fn options(&mut self, options: &'static [Vec<Element>], shape: &'static Shape) -> Result<(), Miss> {
        loop {
            let word = self.lone(self.at);
            let item = self.items.get(self.at).copied();
            let Some(item) = item else { return Ok(()) };
            let by_word = options.iter().find(|option| matches!(option.first(), Some(Element::Word(w)) if Some(*w) == word || (*w == "=" && item.key.kind == OperandKind::Equals)));
            if let Some(option) = by_word {
                let Some(Element::Word(name)) = option.first() else { return Ok(()) };
                if self.found.contains(name) {
                    let span = self.reader.item_span(item);
                    let mut problem =
                        Diagnostic::new(code::E0306, span, format!("`{name}` is said twice")).label("again here");
                    if let Some(first) = self.out.word(name) {
                        problem = problem.also(first, "first here");
                    }
                    return Err(self.miss(problem));
                }
                self.found.push(name);
                self.elements(option, shape)?;
                continue;
            }
            let by_operand = options.iter().find_map(|option| match option.first() {
                Some(Element::Slot(slot)) if self.out.list(slot.name).is_empty() && !item.after_comma => Some(slot),
                _ => None,
            });
            let Some(slot) = by_operand else { return Ok(()) };
            let near_option = word.is_some_and(|word| {
                nearest(word, shape.option_words()).is_some() || lookup(self.head.block, word).is_some()
            });
            if let Err(failure) = self.reader.read(slot.of, item) {
                if word.is_none() || near_option {
                    return if near_option { Ok(()) } else { Err(self.improve(slot, failure)) };
                }
                self.rejected = Some((self.at, failure));
                return Ok(());
            }
            self.slot(slot, shape)?;
        }
    }

    /// What is said of an item that no place is left for.
    fn leftover(&self, item: Item, shape: &Shape) -> Diagnostic {
        let tree = self.reader.tree;
        let span = self.reader.item_span(item);
        let text = tree.slice(item.key);
        let before = self
            .at
            .checked_sub(1)
            .and_then(|before| self.items.get(before))
            .map(|before| self.reader.item_span(*before));
        let problem = |title: String| Diagnostic::new(code::E0303, span, title);
        if item.after_comma {
            return problem(format!("`{text}` is one operand too many")).label("no list can stand here");
        }
        let word = self.head.word.entry.word;
        if let (true, Some(before)) = (word.is_empty() && item.value.is_some(), before) {
            return problem(format!("a comma is missing before `{text}`"))
                .label("another destination")
                .also(before, "the one before it")
                .fix("write `,`", before.after(), ",");
        }
        let times = matches!(text, "X" | "×" | "*" | "times") && shape.option_words().any(|option| option == "x");
        if times {
            return problem(format!("`{text}` is not an option here")).label("not known").fix("write `x`", span, "x");
        }
        let inner = self.head.word.entry.block();
        if inner.is_some_and(|inner| lookup(inner, text).is_some())
            && !shape.option_words().any(|option| option == text)
        {
            return problem(format!("`{text}` stands in the block of `{word}`"))
                .label("not in its head")
                .help(format!("an example: `{}`", self.head.word.entry.example));
        }
        let fresh = |word: &&str| !self.found.contains(word);
        if let Some(near) = nearest(text, shape.option_words().filter(fresh)) {
            return problem(format!("`{text}` is not an option here")).label("not known").fix(
                format!("write `{near}`"),
                span,
                near,
            );
        }
        let tests = matches!(
            self.head.block,
            Block::RequestTests | Block::SourceTests | Block::OperationTests | Block::ConditionTests
        );
        if item.value.is_none() && tests && lookup(self.head.block, text).is_some() {
            return problem(format!("`{text}` starts another test"))
                .label("joined by nothing")
                .help("write `and` or `or` before it");
        }
        if item.value.is_none() && lookup(self.head.block, text).is_some() {
            return problem(format!("`{text}` starts another statement"))
                .label("a statement ends with its line, or with `;`")
                .fix("write `;` before it", span.before(), "; ");
        }
        let subject = if word.is_empty() { "a destination".to_owned() } else { format!("`{word}`") };
        let problem = problem(format!("`{text}` is one operand too many for {subject}")).label("not expected here");
        let problem = match before {
            Some(before) => problem.also(before, "taken as its operand"),
            None => problem,
        };
        let options: Vec<&str> = shape.option_words().filter(fresh).collect();
        if options.is_empty() {
            problem.help(format!("an example: `{}`", self.head.word.entry.example))
        } else {
            problem.help(format!("what may follow is {}", any_of(options)))
        }
    }
}

/// A failure without its fix: what it would change cannot be told from here.
fn unfixed(failure: Failure) -> Failure {
    match failure {
        Failure::Problem(mut problem) => {
            problem.fix = None;
            Failure::Problem(problem)
        }
        Failure::Quiet => Failure::Quiet,
    }
}
