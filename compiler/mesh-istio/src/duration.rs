//! Durations as Istio writes them: `2s`, `1h30m`, `500ms`.

/// The milliseconds of a duration, a fraction where it is finer; nothing where the text is none.
#[must_use]
pub fn millis(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let factor = match unit {
            "ms" => 1.0,
            "s" => 1000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn units_add_up() {
        assert_eq!(millis("1h30m"), Some(5_400_000.0));
        assert_eq!(millis("1.5s"), Some(1500.0));
        assert_eq!(millis("500ms"), Some(500.0));
        assert_eq!((millis("10"), millis("2d"), millis("")), (None, None, None));
    }
}
