//! The releases of Istio that meshc knows.

/// A minor release of Istio, such as 1.31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u8, pub u8);

/// The releases that a program may choose, oldest first; the last is the default.
pub const SUPPORTED: [Release; 4] = [Release(1, 28), Release(1, 29), Release(1, 30), Release(1, 31)];

/// Which of the served API versions to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Api {
    /// `v1` where the kind has it.
    #[default]
    Stable,
    /// `v1beta1`, for clusters whose tools expect it.
    Beta,
}

impl Release {
    /// The newest release known.
    pub const NEWEST: Release = SUPPORTED[SUPPORTED.len() - 1];

    /// Reads `1.31`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Release> {
        let (major, minor) = text.split_once('.')?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
        (digits(major) && digits(minor)).then_some(())?;
        Some(Release(major.parse().ok()?, minor.parse().ok()?))
    }

    /// Reads a release that meshc knows.
    ///
    /// # Errors
    ///
    /// What is known, for the end of a sentence.
    pub fn supported(text: &str) -> Result<Release, String> {
        let known = Release::parse(text).filter(|release| SUPPORTED.contains(release));
        let all = || SUPPORTED.map(|release| release.to_string()).join(", ");
        known.ok_or_else(|| format!("this meshc knows {}", all()))
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}
