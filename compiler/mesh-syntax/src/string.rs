//! The escapes of strings, which are JSON's.

use std::borrow::Cow;

/// The text that a string stands for: `inner` is what stands between its quotes.
///
/// # Errors
///
/// The range of an escape, in bytes of `inner`, that JSON does not have.
pub fn unescape(inner: &str) -> Result<Cow<'_, str>, std::ops::Range<usize>> {
    let Some(first) = inner.find('\\') else { return Ok(Cow::Borrowed(inner)) };
    let mut out = String::with_capacity(inner.len());
    out.push_str(&inner[..first]);
    let mut at = first;
    while let Some(c) = inner[at..].chars().next() {
        if c != '\\' {
            out.push(c);
            at += c.len_utf8();
            continue;
        }
        let (char, length) = escape(&inner[at..]).ok_or_else(|| {
            let next = inner[at + 1..].chars().next().map_or(0, char::len_utf8);
            at..at + 1 + next
        })?;
        out.push(char);
        at += length;
    }
    Ok(Cow::Owned(out))
}

/// The character that an escape at the start of `text` stands for, and the escape's length.
fn escape(text: &str) -> Option<(char, usize)> {
    let char = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((char, 2))
}

/// `\u` and four digits, or two of them that make a surrogate pair.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let high = unit(0)?;
    if let Some(char) = char::from_u32(high) {
        return Some((char, 6));
    }
    let low = unit(6)?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let char = char::decode_utf16(pair).next()?.ok()?;
    Some((char, 12))
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_are_those_of_json() {
        assert_eq!(unescape(r#"a\"b\\c\n\u00e9\ud83d\ude00"#).as_deref(), Ok("a\"b\\c\né😀"));
        assert_eq!(unescape("plain").as_deref(), Ok("plain"));
    }

    #[test]
    fn an_unknown_escape_is_pointed_at() {
        assert_eq!(unescape(r"a\d+"), Err(1..3));
        assert_eq!(unescape(r"\u12"), Err(0..2));
        assert_eq!(unescape(r"\ud83d"), Err(0..2));
    }
}
