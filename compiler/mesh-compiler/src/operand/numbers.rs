//! Numbers and their units: counts, ports, statuses, durations, percentages.

use mesh_diagnostics::{Diagnostic, Span, code};

use super::parse::{expected, wrong};
use super::{Failure, Type, Value, WHOLE, percent};

pub(super) fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|number| i32::try_from(*number).is_ok())
}

pub(super) fn bounds(span: Span, title: String, label: impl Into<String>) -> Failure {
    Diagnostic::new(code::E0310, span, title).label(label).into()
}

pub(super) fn port_number(of: Type, text: &str, span: Span) -> Result<u32, Failure> {
    match number(text) {
        Some(port @ 1..=65535) => Ok(port),
        Some(port) => Err(bounds(span, format!("there is no port {port}"), "ports go from 1 to 65535")),
        None => Err(wrong(of, text, span).into()),
    }
}

pub(super) fn status(of: Type, text: &str, span: Span, low: u32, high: u32) -> Result<u32, Failure> {
    match number(text) {
        Some(code) if (low..=high).contains(&code) => Ok(code),
        Some(code) => {
            Err(bounds(span, format!("{code} is not a status that can stand here"), format!("from {low} to {high}")))
        }
        None => Err(wrong(of, text, span).into()),
    }
}

/// The longest duration in milliseconds: Istio counts nanoseconds in 64 bits.
const LONGEST: f64 = 2_562_047.0 * 3_600_000.0;

/// A duration: `2s`, `1h30m`, `500ms`; whole milliseconds, one at least.
pub(super) fn duration<'a>(text: &'a str, span: Span) -> Result<Value<'a>, Failure> {
    let Some(millis) = mesh_istio::millis(text) else {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        return Err(not_a_duration(text, number, unit, span).into());
    };
    if millis > LONGEST {
        return Err(bounds(span, format!("`{text}` is longer than Istio counts"), "2562047h at most"));
    }
    if millis < 1.0 || millis.fract() != 0.0 {
        return Err(bounds(
            span,
            format!("`{text}` is not a duration that Istio takes"),
            "whole milliseconds, and one at least",
        ));
    }
    Ok(Value::Duration(text, millis as u64))
}

/// The unit of time that a word means.
pub(crate) fn time_unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "ms" | "millis" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" | "S" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" | "M" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" | "H" => "h",
        _ => return None,
    })
}

pub(super) fn not_a_duration(text: &str, number: &str, unit: &str, span: Span) -> Diagnostic {
    let problem = expected(Type::Duration, &format!("`{text}`"), span);
    let seconds = |unit: &str| format!("{number}{unit}");
    if number.parse::<f64>().is_err() {
        return problem;
    }
    if number.parse() == Ok(0.0) {
        return problem.help("there is no time of zero: `timeout off` lifts the limit, `retry off` the retries");
    }
    if let Some(unit) = time_unit(if unit.is_empty() { "s" } else { unit }) {
        return problem.fix(format!("write `{}`", seconds(unit)), span, seconds(unit));
    }
    match unit {
        "d" | "day" | "days" => problem.help("write days in hours, as in `24h`"),
        "us" | "ns" | "µs" => problem.help("Istio counts in whole milliseconds: write `1ms` at least"),
        _ => problem.help("the units are `ms`, `s`, `m` and `h`"),
    }
}

/// A percentage in ten-thousandths of a per cent.
pub(super) fn share_parts(text: &str, span: Span) -> Result<u32, Failure> {
    let Some(number) = text.strip_suffix('%') else {
        let problem = wrong(Type::Percent, text, span);
        let plain = parts_of(text).is_some_and(|parts| parts <= WHOLE);
        let fraction = text.parse::<f64>().is_ok_and(|share| share > 0.0 && share < 1.0);
        let problem = match (plain, fraction) {
            (true, true) => {
                let hundredfold = percent(u64::from(parts_of(text).unwrap_or(0)) * 100);
                problem.help(format!("is it `{hundredfold}`, or `{text}%`?"))
            }
            (true, false) => problem.fix(format!("write `{text}%`"), span, format!("{text}%")),
            _ => problem,
        };
        return Err(problem.into());
    };
    match parts_of(number) {
        Some(parts) if parts <= WHOLE => Ok(parts),
        Some(_) => Err(bounds(span, format!("{text} is more than everything"), "percentages go from 0% to 100%")),
        None if number.bytes().all(|b| b.is_ascii_digit() || b == b'.') && number.contains('.') => {
            Err(bounds(span, format!("{text} is finer than Istio counts"), "four digits behind the point at most"))
        }
        None => Err(wrong(Type::Percent, text, span).into()),
    }
}

/// `12.5` in ten-thousandths.
pub(super) fn parts_of(number: &str) -> Option<u32> {
    let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(rest) || rest.len() > 4 || whole.len() > 4 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let rest: u32 = format!("{rest:0<4}").parse().ok()?;
    Some(whole * 10_000 + rest)
}
