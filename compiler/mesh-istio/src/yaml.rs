//! YAML out and in. This is the only file that names the YAML library.

use std::fmt;

use mesh_diagnostics::Span;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::Serialize;
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
    let node: Read = serde_yaml::from_str_with_options(text, options).map_err(|error| said(&error))?;
    Ok(placed(node, span))
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

/// A value as it is read, before it has a place.
enum Read {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Read>),
    Map(Vec<(String, Read)>),
}

fn placed(read: Read, span: Span) -> Node {
    let value = match read {
        Read::Bool(value) => Value::Bool(value),
        Read::Int(value) => Value::Int(value),
        Read::Float(value) => Value::Float(value),
        Read::Text(text) => Value::from(text),
        Read::List(list) => Value::List(list.into_iter().map(|item| placed(item, span)).collect()),
        Read::Map(entries) => {
            let mut object = Object::new(span);
            for (key, value) in entries {
                object.put(key, placed(value, span));
            }
            Value::Object(object)
        }
    };
    Node { value, span }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Read;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value other than null")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read, E> {
        Ok(Read::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read, E> {
        Ok(Read::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read, E> {
        Ok(i64::try_from(value).map_or(Read::Float(value as f64), Read::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read, E> {
        Ok(Read::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Read, E> {
        Ok(Read::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Read, E> {
        Ok(Read::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Read, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = list.next_element()? {
            out.push(item);
        }
        Ok(Read::List(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let mut out = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            out.push((key, map.next_value()?));
        }
        Ok(Read::Map(out))
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
}
