//! Random programs: what meshc compiles without an error, Istio accepts.
//!
//! Every clause of the vocabulary and every pair of clauses that may share a block is grown often enough; the table
//! of it is printed. `MESH_PROGRAMS` sets how many programs are grown, `MESH_SEED` with which seed.

use std::collections::{BTreeMap, HashMap};

use libtest_mimic::Trial;
use mesh_compiler::vocabulary::{Block, Often};
use mesh_diagnostics::FileId;
use proptest::collection::vec;
use proptest::num::u16;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::grow::{BLOCKS, Focus, candidates, grow};
use crate::judge::{Depth, is_available, judge, request};
use crate::program::compiled;
use crate::trial;
use crate::words::blocks_of;

/// How many programs a run judges: all by schema and webhook, some by the analyzers, few by the discovery server.
const PROGRAMS: usize = 20_000;
const ANALYZED: usize = 2_000;
const DISCOVERED: usize = 500;

/// How often each word must occur among the programs that compile, and each pair that may share a block.
const EVERY_WORD: usize = 200;
const EVERY_PAIR: usize = 20;

/// How many programs are grown before the next ones are aimed at what is still rare.
const BATCH: usize = 500;

pub fn trials() -> Vec<Trial> {
    if !is_available() {
        return Vec::new();
    }
    vec![
        trial("random::programs_of_the_fixed_seed_are_accepted", || accepted(0x6d65_7368, true)),
        trial("random::programs_of_a_drawn_seed_are_accepted", || {
            let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let drawn = clock.map_or(1, |time| time.as_nanos() as u64);
            accepted(std::env::var("MESH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(drawn), false);
        }),
    ]
}

/// How often words and pairs were grown, and how often they were in a program that compiles.
#[derive(Default)]
struct Coverage {
    words: BTreeMap<(Block, &'static str), Count>,
    pairs: BTreeMap<(Block, &'static str, &'static str), Count>,
}

#[derive(Default, Clone)]
struct Count {
    /// Programs that were grown for it.
    tried: usize,
    /// Programs with it that compile.
    compiled: usize,
    /// Why one of them was refused.
    refused: BTreeMap<&'static str, usize>,
}

impl Coverage {
    fn new() -> Coverage {
        let mut coverage = Coverage::default();
        for block in BLOCKS {
            let words: Vec<_> = candidates(block).into_iter().collect();
            for (at, word) in words.iter().enumerate() {
                coverage.words.insert((block, word.entry.word), Count::default());
                for other in &words[at + 1..] {
                    coverage.pairs.insert(pair(block, word.entry.word, other.entry.word), Count::default());
                }
                if word.entry.often == Often::Many {
                    coverage.pairs.insert(pair(block, word.entry.word, word.entry.word), Count::default());
                }
            }
        }
        coverage
    }

    /// What to aim the next programs at: pairs and words that are rare and not always refused.
    fn wanted(&self) -> Vec<Focus> {
        let rare = |count: &Count, enough: usize| count.compiled < enough && !count.is_refused();
        let pairs = self.pairs.iter().filter(|(_, count)| rare(count, EVERY_PAIR + 5));
        let words = self.words.iter().filter(|(_, count)| rare(count, EVERY_WORD + 10));
        let pairs = pairs.map(|((block, a, b), _)| Focus { block: *block, words: [a, b] });
        pairs.chain(words.map(|((block, word), _)| Focus { block: *block, words: [word, word] })).collect()
    }

    fn count(&mut self, text: &str, compiles: bool, focus: Option<Focus>, code: Option<&'static str>) {
        let aimed = focus.and_then(|Focus { block, words: [a, b] }| match self.pairs.get_mut(&pair(block, a, b)) {
            Some(count) => Some(count),
            None => self.words.get_mut(&(block, a)),
        });
        let tried = |count: &mut Count| {
            count.tried += 1;
            if let Some(code) = code {
                *count.refused.entry(code).or_default() += 1;
            }
        };
        if let Some(count) = aimed {
            tried(count);
        }
        // A word with itself is that word too.
        if let Some(Focus { block, words: [a, b] }) = focus.filter(|focus| focus.words[0] == focus.words[1])
            && self.pairs.contains_key(&(block, a, b))
        {
            self.words.get_mut(&(block, a)).into_iter().for_each(tried);
        }
        if !compiles {
            return;
        }
        let mut blocks = Vec::new();
        for statement in mesh_syntax::parse(FileId(0), text).tree.statements() {
            blocks_of(statement, Block::File, &mut blocks);
        }
        let mut words = std::collections::HashSet::new();
        let mut pairs = std::collections::HashSet::new();
        for (block, inside) in &blocks {
            for (at, word) in inside.iter().enumerate() {
                words.insert((*block, *word));
                pairs.extend(inside[at + 1..].iter().map(|other| pair(*block, word, other)));
            }
        }
        for word in words {
            if let Some(count) = self.words.get_mut(&word) {
                count.compiled += 1;
            }
        }
        for pair in pairs {
            if let Some(count) = self.pairs.get_mut(&pair) {
                count.compiled += 1;
            }
        }
    }
}

impl Count {
    /// True for a pair that the language itself keeps apart: none of many programs with it compiles.
    fn is_refused(&self) -> bool {
        self.compiled == 0 && self.tried >= 24
    }
}

fn pair(block: Block, a: &'static str, b: &'static str) -> (Block, &'static str, &'static str) {
    if a <= b { (block, a, b) } else { (block, b, a) }
}

fn accepted(seed: u64, covers: bool) {
    let programs = std::env::var("MESH_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(PROGRAMS);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let strategy = vec(u16::ANY, 10..120);
    let mut coverage = Coverage::new();
    let (mut grown, mut judged, mut analyzed, mut discovered) = (0, 0, 0, 0);
    let mut refused: Vec<String> = Vec::new();
    while grown < programs * 3 {
        let wanted = coverage.wanted();
        if judged >= programs && (wanted.is_empty() || !covers || programs < PROGRAMS) {
            break;
        }
        let mut requests = Vec::new();
        let mut trees = HashMap::new();
        for at in 0..BATCH {
            let tree = strategy.new_tree(&mut runner).expect("choices can be drawn");
            let focus = wanted.get((grown + at) % wanted.len().max(1)).copied().filter(|_| at % 8 != 7);
            let text = grow(&tree.current(), focus);
            let (_, compilation) = compiled(&text);
            let code = compilation.diagnostics.iter().map(|d| d.code.id).find(|id| id.starts_with('E'));
            coverage.count(&text, code.is_none(), focus, code);
            if code.is_some() {
                continue;
            }
            let depth = if discovered < DISCOVERED {
                discovered += 1;
                Depth::Discovery
            } else if analyzed < ANALYZED - DISCOVERED {
                analyzed += 1;
                Depth::Analyzers
            } else {
                Depth::Objects
            };
            let id = (grown + at).to_string();
            requests.push(request(&id, &compilation, depth));
            trees.insert(id, (tree, focus, depth));
        }
        grown += BATCH;
        judged += requests.len();
        let verdicts = judge(requests);
        let mut wrong: Vec<&String> =
            verdicts.iter().filter(|(_, verdict)| !complaints(verdict).is_empty()).map(|(id, _)| id).collect();
        wrong.sort();
        for id in wrong.into_iter().take(3) {
            let (tree, focus, depth) = trees.remove(id).expect("every program is kept");
            refused.push(shrunk(tree, focus, depth));
        }
        if refused.len() > 5 {
            break;
        }
    }
    let (analyzed, rare) = (analyzed + discovered, coverage.report(covers));
    eprintln!(
        "random: seed {seed}: {grown} programs grown, {judged} compile and are judged, {analyzed} of them by the \
         analyzers, {discovered} by the discovery server, {} refused",
        refused.len()
    );
    assert!(refused.is_empty(), "Istio refuses what meshc compiles:\n{}", refused.join("\n----\n"));
    // Fewer programs are for a look; the table is for all of them.
    if covers && programs >= PROGRAMS {
        assert!(rare.is_empty(), "too rare among the programs: {}", rare.join(", "));
    }
}

/// What Istio has against a bundle that meshc compiled. Messages of the analyzers count where they say that something
/// would not work: hosts and secrets of the world around are the tests' own.
fn complaints(verdict: &crate::judge::Verdict) -> Vec<String> {
    let broken =
        |message: &&String| message.contains(" Error ") && !["IST0112"].iter().any(|known| message.starts_with(known));
    let messages = verdict.messages.iter().filter(broken);
    verdict.errors.iter().chain(messages).chain(&verdict.rejected).cloned().collect()
}

/// The smallest program that is refused for the same kind of reason, with the reason.
fn shrunk(mut tree: impl ValueTree<Value = Vec<u16>>, focus: Option<Focus>, depth: Depth) -> String {
    let complains = |choices: &[u16]| {
        let text = grow(choices, focus);
        let (_, compilation) = compiled(&text);
        if compilation.diagnostics.has_errors() {
            return None;
        }
        let verdict = judge(vec![request("it", &compilation, depth)]).remove("it")?;
        let complaints = complaints(&verdict);
        (!complaints.is_empty()).then(|| format!("{}\n{text}", complaints.join("\n")))
    };
    let mut smallest = complains(&tree.current()).unwrap_or_default();
    for _ in 0..60 {
        if !tree.simplify() {
            break;
        }
        match complains(&tree.current()) {
            Some(text) => smallest = text,
            None if !tree.complicate() => break,
            None => {}
        }
    }
    smallest
}

impl Coverage {
    /// Prints the table; what is too rare.
    fn report(&self, print: bool) -> Vec<String> {
        let mut rare = Vec::new();
        let mut lines: BTreeMap<Block, String> = BTreeMap::new();
        for block in BLOCKS {
            let words: Vec<(&str, &Count)> =
                self.words.iter().filter(|((of, _), _)| *of == block).map(|((_, word), n)| (*word, n)).collect();
            let pairs = || self.pairs.iter().filter(|((of, ..), _)| *of == block);
            let met = pairs().filter(|(_, count)| count.compiled >= EVERY_PAIR).count();
            let apart = pairs().filter(|(_, count)| count.is_refused()).count();
            let shown = |word: &str| if word.is_empty() { "(operands)".to_owned() } else { word.to_owned() };
            let words_text: Vec<String> =
                words.iter().map(|(word, n)| format!("{} {}", shown(word), n.compiled)).collect();
            lines.insert(
                block,
                format!("{met} pairs, {apart} that never go together; words: {}", words_text.join(", ")),
            );
            for (word, count) in words.iter().filter(|(_, count)| count.compiled < EVERY_WORD && !count.is_refused()) {
                let (tried, why) = (count.tried, &count.refused);
                rare.push(format!(
                    "`{}` in {} ({} of {tried} tries, {why:?})",
                    shown(word),
                    block.name(),
                    count.compiled
                ));
            }
            for ((_, a, b), count) in pairs().filter(|(_, count)| count.compiled < EVERY_PAIR && !count.is_refused()) {
                rare.push(format!(
                    "`{}` with `{}` in {} ({} of {} tries, {:?})",
                    shown(a),
                    shown(b),
                    block.name(),
                    count.compiled,
                    count.tried,
                    count.refused
                ));
            }
        }
        if print {
            for (block, line) in lines {
                eprintln!("random: {}: {line}", block.name());
            }
            let apart = self.pairs.iter().filter(|(_, count)| count.is_refused());
            for ((block, a, b), count) in apart {
                eprintln!("random: never together in {}: `{a}` and `{b}` ({:?})", block.name(), count.refused);
            }
        }
        rare
    }
}
