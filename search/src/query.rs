use crate::Notice;

/// What somebody looks for, as they typed it. Any text is a query; what could not be understood is in its notices.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    typed: String,
    notices: Vec<Notice>,
}

impl Query {
    /// Reads a query. Never fails: see [`Query::notices`].
    pub fn parse(typed: &str) -> Self {
        Self {
            typed: typed.trim().to_owned(),
            notices: Vec::new(),
        }
    }

    /// The query as it was typed.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// What in it could not be understood.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether it asks for nothing, and so finds everything in scope, the newest first.
    pub fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }
}
