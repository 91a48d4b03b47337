//! The language server: what an editor asks of a program as it is written.
//!
//! A program is the folder of a file, or what the editor names as programs. Requests are answered from a whole compilation of
//! the text as it is, of which only the statements that changed are parsed again; what comes with every key takes its names
//! from the compilation before, and waits for none. A request that panics is logged, and the server goes on.

mod actions;
mod complete;
mod content;
mod context;
mod documents;
mod every;
mod guess;
mod hints;
mod hover;
mod job;
mod kept;
mod known;
mod lenses;
mod names;
mod options;
mod outline;
mod position;
mod problems;
mod program;
mod rename;
mod requests;
mod roots;
mod selection;
mod server;
mod signature;
mod tokens;
mod typing;

pub use lsp_server::{Connection, Message, Notification, Request, Response};

/// Serves an editor over standard input and output, until it ends the session; false where it ended without `shutdown`,
/// which the protocol has a process tell by its status.
///
/// # Errors
///
/// A message that is none of the protocol, or a closed stream.
pub fn serve() -> Result<bool, String> {
    let (connection, threads) = Connection::stdio();
    let ended = serve_on(connection)?;
    threads.join().map_err(|error| error.to_string())?;
    Ok(ended)
}

/// Serves an editor over a connection.
///
/// # Errors
///
/// As for [`serve`].
pub fn serve_on(connection: Connection) -> Result<bool, String> {
    server::run(connection).map_err(|error| match error.channel_is_disconnected() {
        true => {
            "no editor is there: one starts `meshc lsp` by itself, and speaks with it over standard input and output"
                .to_owned()
        }
        false => format!("the editor does not speak the protocol: {error}"),
    })
}
