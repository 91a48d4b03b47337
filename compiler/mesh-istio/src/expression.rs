//! Expressions of CEL, as the filters of access logs have them. This is the only file that names the CEL library.

/// Why a text is no expression of CEL, in a line.
#[must_use]
pub fn problem(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("it is empty".to_owned());
    }
    // The parser behind the library is generated, and a text that it does not expect must not end the compiler.
    match std::panic::catch_unwind(|| cel::Program::compile(text).map(drop).map_err(|errors| errors.to_string())) {
        Ok(Ok(())) => None,
        Ok(Err(errors)) => Some(first_line(&errors)),
        Err(_) => Some("it cannot be read".to_owned()),
    }
}

fn first_line(errors: &str) -> String {
    let line = errors.lines().next().unwrap_or_default();
    let said = line.strip_prefix("ERROR: ").unwrap_or(line).trim();
    let said = said.split(" expecting {").next().unwrap_or(said);
    said.strip_prefix("<input>:1:")
        .map_or_else(|| said.to_owned(), |rest| format!("column {}", rest.replacen("Syntax error: ", "", 1)))
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn filters_of_logs_are_expressions() {
        for good in ["response.code >= 400", "'x' in request.headers && !(a in [1, 2])", "size(x) == 0 ? true : false"]
        {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in ["", "response.code >=", "a ==== b", "(a", "'x"] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }
}
