//! YAML out and in. This is the only file that names the YAML library.

use std::fmt;

use mesh_diagnostics::Span;
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_yaml::SerializerOptions;

use crate::value::{Node, Object, Value};

/// A value as a YAML document, with the quoting that readers of YAML 1.1 such as kubectl need.
#[must_use]
pub fn write(value: &impl Serialize) -> String {
    // Writing plain trees of text and numbers into memory has no way to fail.
    serde_yaml::to_string_with_options(value, options()).unwrap_or_default()
}

/// True for a text of several lines that a block shows as it is: scripts, dashboards.
pub(crate) fn reads_as_block(text: &str) -> bool {
    let plain = |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'));
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with("\n\n")
        && text.chars().all(plain)
        && text.lines().all(|line| !line.ends_with(char::is_whitespace))
}

/// A text that is written as a block; JSON writes it as any other.
pub(crate) fn block(text: &str) -> impl Serialize {
    serde_yaml::LitStr(text)
}

/// No folding of long strings, and lists at the indentation of their key.
fn options() -> SerializerOptions {
    serde_yaml::ser_options! { prefer_block_scalars: false, compact_list_indent: true }
}

/// Reads one YAML document; every node of it gets the span of the text that it stands in.
///
/// # Errors
///
/// One line that says what is wrong, with its line where that is known.
pub fn read(text: &str, span: Span) -> Result<Node, String> {
    // `on`, `yes` and `y` are texts: only `true` and `false` are not.
    let options = serde_yaml::options! { strict_booleans: true };
    let Whole(node) = serde_yaml::from_str_with_options(text, options).map_err(|error| said(&error))?;
    Ok(placed(&node, span))
}

/// A document of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'s> {
    /// Its text, without the line that parts it from the one before.
    pub text: &'s str,
    /// Everything of the stream that belongs to it, that line too.
    pub whole: &'s str,
    /// The line that its text begins at, from 1.
    pub line: usize,
}

/// The documents of a stream, cut at the lines that begin with `---`. What holds comments only is a document too.
#[must_use]
pub fn documents(stream: &str) -> Vec<Document<'_>> {
    let mut out: Vec<Document<'_>> = Vec::new();
    let (mut start, mut text, mut line, mut at, mut number) = (0, 0, 1, 0, 0);
    for part in stream.split_inclusive('\n') {
        number += 1;
        // No text in a document begins such a line: blocks are indented, and quotes may not hold one.
        if part.starts_with("---") && part[3..].chars().next().is_none_or(char::is_whitespace) {
            out.push(Document { text: &stream[text..at], whole: &stream[start..at], line });
            // What stands behind the mark, as in `--- {}`, is the document's.
            let rest = part[3..].trim();
            let is_alone = rest.is_empty() || rest.starts_with('#');
            (start, text, line) = (at, at + if is_alone { part.len() } else { 3 }, number + usize::from(is_alone));
        }
        at += part.len();
    }
    out.push(Document { text: &stream[text..], whole: &stream[start..], line });
    out.retain(|document| !document.whole.is_empty());
    out
}

impl Document<'_> {
    /// A problem of this document, with its line in the whole stream.
    #[must_use]
    pub fn blamed(&self, problem: &str) -> String {
        let known = problem.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
        match known.and_then(|(line, rest)| Some((line.parse::<usize>().ok()?, rest))) {
            Some((line, rest)) => format!("line {}: {rest}", self.line + line - 1),
            None => format!("the document at line {}: {problem}", self.line),
        }
    }
}

/// Reads one YAML document of others.
///
/// # Errors
///
/// As for [`read`].
pub fn read_raw(text: &str) -> Result<Raw, String> {
    if text.lines().all(|line| line.trim().is_empty() || line.starts_with('#')) {
        return Ok(Raw::Null);
    }
    // What a cluster tells of all its workloads is one document.
    let budget =
        serde_yaml::budget! { max_nodes: 50_000_000, max_events: 100_000_000, max_total_scalar_bytes: 1 << 30 };
    let options = serde_yaml::options! { strict_booleans: true, budget: budget };
    serde_yaml::from_str_with_options(text, options).map_err(|error| said(&error))
}

/// Reads a document into a type of the caller's.
///
/// # Errors
///
/// As for [`read`]; also what the type does not take.
pub fn read_as<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| said(&error))
}

/// Reads a map of single values, each as it is written: `1.10` keeps its digits.
///
/// # Errors
///
/// As for [`read`]; a key that stands twice is one.
pub fn read_texts(text: &str) -> Result<Vec<(String, String)>, String> {
    let texts: std::collections::BTreeMap<String, String> = serde_yaml::from_str(text).map_err(|error| said(&error))?;
    Ok(texts.into_iter().collect())
}

/// A problem in one line.
fn said(error: &serde_yaml::Error) -> String {
    let line = error.location().map_or(String::new(), |place| format!("line {}: ", place.line()));
    let whole = error.without_snippet().to_string();
    let first = whole.lines().next().unwrap_or_default();
    let said = first.strip_prefix("error: ").unwrap_or(first);
    let said = said.split_once(": ").filter(|(place, _)| place.starts_with("line ")).map_or(said, |(_, rest)| rest);
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    // What to change in this program's calls is no help to the author of the text.
    let said = said.split_once(", set ").map_or(said, |(said, _)| said);
    format!("{line}{said}")
}

/// A tree of values as it stands in a document, before it has a place: what others wrote is given on as it was.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// `null`, or nothing at all.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that is larger than those.
    Large(u64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Raw>),
    /// A map, in the order in which it was written.
    Map(Vec<(String, Raw)>),
}

impl Raw {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Raw> {
        match self {
            Raw::Map(entries) => entries.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value of a key, which is made where it is not there; nothing where this is no map.
    pub fn entry(&mut self, key: &str) -> Option<&mut Raw> {
        if *self == Raw::Null {
            *self = Raw::Map(Vec::new());
        }
        let Raw::Map(entries) = self else { return None };
        let at = entries.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
            entries.push((key.to_owned(), Raw::Null));
            entries.len() - 1
        });
        Some(&mut entries[at].1)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Raw::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value without a place. Fields that are null are no fields.
    #[must_use]
    pub fn node(&self, span: Span) -> Node {
        placed(self, span)
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Raw::Null => serializer.serialize_unit(),
            Raw::Bool(value) => serializer.serialize_bool(*value),
            Raw::Int(value) => serializer.serialize_i64(*value),
            Raw::Large(value) => serializer.serialize_u64(*value),
            Raw::Float(value) => serializer.serialize_f64(*value),
            Raw::Text(text) => match reads_as_block(text) {
                true => block(text).serialize(serializer),
                false => serializer.serialize_str(text),
            },
            Raw::List(list) => serializer.collect_seq(list),
            Raw::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}

fn placed(read: &Raw, span: Span) -> Node {
    let value = match read {
        Raw::Bool(value) => Value::Bool(*value),
        Raw::Int(value) => Value::Int(*value),
        Raw::Large(value) => Value::Float(*value as f64),
        Raw::Float(value) => Value::Float(*value),
        Raw::Null => Value::from(""),
        Raw::Text(text) => Value::from(text.as_str()),
        Raw::List(list) => Value::List(list.iter().map(|item| placed(item, span)).collect()),
        Raw::Map(entries) => {
            let mut object = Object::new(span);
            for (key, value) in entries.iter().filter(|(_, value)| *value != Raw::Null) {
                object.put(key.clone(), placed(value, span));
            }
            Value::Object(object)
        }
    };
    Node { value, span }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(Reader { nulls: true })
    }
}

/// A value of which no part is null.
struct Whole(Raw);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Whole, D::Error> {
        deserializer.deserialize_any(Reader { nulls: false }).map(Whole)
    }
}

#[derive(Clone, Copy)]
struct Reader {
    nulls: bool,
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Raw;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value other than null")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Raw, E> {
        match self.nulls {
            true => Ok(Raw::Null),
            false => Err(E::invalid_type(serde::de::Unexpected::Unit, &self)),
        }
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or(Raw::Large(value), Raw::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            out.push(item);
        }
        Ok(Raw::List(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut out = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            out.push((key, map.next_value_seed(self)?));
        }
        Ok(Raw::Map(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> String {
        read(text, Span::default()).map_or_else(|error| format!("error: {error}"), |node| write(&node))
    }

    #[test]
    fn what_is_read_is_written_in_the_order_it_had() {
        assert_eq!(yaml("b: 1\na: [x, 'on', 2.5, true]\n"), "b: 1\na:\n- x\n- \"on\"\n- 2.5\n- true\n");
        assert_eq!(yaml("{}"), "{}\n");
        assert_eq!(yaml("[y, on, yes, true]"), "- \"y\"\n- \"on\"\n- \"yes\"\n- true\n");
    }

    #[test]
    fn what_is_no_yaml_is_an_error_of_one_line() {
        for text in ["a: [", "a: 1\na: 2", "a: null", "a: b: c"] {
            let error = yaml(text);
            assert!(error.starts_with("error: ") && error.lines().count() == 1, "{text:?}: {error}");
        }
    }

    #[test]
    fn what_others_wrote_keeps_its_nulls_and_its_texts() {
        let text = "a: null\nb: 18446744073709551615\nc: \"yes\"\nd:\n- null\n- 0.5\ne: |\n  x\n  y\n";
        assert_eq!(write(&read_raw(text).expect("it is YAML")), text);
        assert_eq!(read_raw("# nothing\n\n"), Ok(Raw::Null));
    }

    #[test]
    fn a_stream_is_cut_where_documents_begin() {
        let stream = "# head\n---\na: |\n  ---\n--- # why\nb: 1\n--- {c: 2}\n---\n";
        let found: Vec<(&str, usize)> = documents(stream).iter().map(|part| (part.text, part.line)).collect();
        assert_eq!(found, [("# head\n", 1), ("a: |\n  ---\n", 3), ("b: 1\n", 6), (" {c: 2}\n", 7), ("", 9)]);
        assert_eq!(documents(stream).iter().map(|part| part.whole).collect::<String>(), stream);
        assert!(documents("").is_empty());
        let broken = documents("a: 1\n---\nb: [\n")[1];
        let problem = read_raw(broken.text).expect_err("it is no YAML");
        assert!(broken.blamed(&problem).starts_with("line 3") || broken.blamed(&problem).contains("line 3"));
    }
}
