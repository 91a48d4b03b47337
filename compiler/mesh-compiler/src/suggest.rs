//! "Did you mean": the candidate that a slip of the fingers is nearest to.

/// The candidate nearest to `word`, if one is near enough to be meant.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word && candidate.len().abs_diff(word.len()) <= limit)
        .filter(|candidate| word.len() > 3 || candidate.len() != word.len() || same_letters(word, candidate))
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Short words differ in one letter without being slips of each other: `v1` and `v2`, `4xx` and `5xx`.
fn same_letters(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

/// Words as a list for people: `` `a`, `b` or `c` ``.
#[must_use]
pub fn any_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    join(words, "or")
}

/// Words as a list for people: `` `a`, `b` and `c` ``.
#[must_use]
pub fn all_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    join(words, "and")
}

/// A list of more than this many words is cut.
const SHOWN: usize = 24;

fn join<'w>(words: impl IntoIterator<Item = &'w str>, last: &str) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if words.len() > SHOWN {
        let more = words.len() - SHOWN;
        words.truncate(SHOWN);
        words.push(format!("{more} more"));
    }
    match words.pop() {
        None => "nothing".to_owned(),
        Some(only) if words.is_empty() => only,
        Some(end) => format!("{} {last} {end}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        assert_eq!(nearest("retyr", ["route", "retry"]), Some("retry"));
        assert_eq!(nearest("fronted", ["frontend", "cart"]), Some("frontend"));
        assert_eq!((nearest("v3", ["v1", "v2"]), nearest("2v", ["v1", "v2"])), (None, Some("v2")));
        assert_eq!(nearest("x", ["frontend"]), None);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(any_of(["a"]), "`a`");
        assert_eq!(any_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
