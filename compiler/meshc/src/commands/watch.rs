//! `meshc watch`: builds again when something changes.

mod change;
mod events;
mod tell;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use mesh_bundle::{Compiled, Guard, Layout, Place, Request, Written, layout, write};
use mesh_compiler::Memories;
use mesh_load::Failure;

use super::build::layout_of;
use super::request;
use crate::cli::{self, Watch};
use change::Seen;
use events::Events;
use tell::Tell;

pub fn run(args: &Watch) -> Result<bool, crate::Failure> {
    if args.program.files.iter().any(|path| path.as_os_str() == "-") {
        return Err(crate::Failure("standard input is read once: there is nothing to watch".to_owned()));
    }
    let place = args.out.as_deref().map(Place::of);
    let mut session = Session {
        request: request(&args.program),
        layout: layout_of(&args.layout, place.as_ref())?,
        place,
        allow_empty: args.layout.allow_empty,
        deny_warnings: args.program.options.deny.is_some(),
        diagnostics: args.program.options.diagnostics,
        exec: args.exec.clone(),
        is_first: true,
        ran: false,
        memories: Memories::default(),
        tell: Tell { json: args.json, clear: args.clear },
    };
    let mut events = Events::new();
    let mut inputs = None;
    loop {
        // Taken before anything is read, so that what changes meanwhile is a change.
        let seen = Seen::now(&session.request, inputs.as_ref());
        inputs = session.turn()?.or(inputs);
        let all = Seen::now(&session.request, inputs.as_ref());
        let lost = events.follow(&all.folders());
        session.tell.watching(all.len(), lost)?;
        let known = all.since(&seen);
        events.wait(|| Seen::now(&session.request, inputs.as_ref()).differs(&known));
        known.settle(&session.request, inputs.as_ref());
    }
}

/// What a session builds, and how it tells of it.
struct Session {
    request: Request,
    layout: Layout,
    place: Option<Place>,
    allow_empty: bool,
    deny_warnings: bool,
    diagnostics: cli::Diagnostics,
    exec: Option<String>,
    is_first: bool,
    /// The command ran for what is there.
    ran: bool,
    memories: Memories,
    tell: Tell,
}

impl Session {
    /// Builds once and tells what came of it; gives what was read, if it could be.
    fn turn(&mut self) -> Result<Option<mesh_load::Inputs>, crate::Failure> {
        let began = Instant::now();
        self.tell.building()?;
        let is_first = std::mem::take(&mut self.is_first);
        let compiled = match self.compile() {
            Ok(compiled) => compiled,
            // What is wrong from the start is a wrong call, and nothing to wait for.
            Err(fault) if is_first => return Err(fault.into()),
            Err(fault) => {
                self.tell.fault(&fault.0)?;
                return Ok(None);
            }
        };
        let inputs = compiled.loaded.inputs.clone();
        self.tell.problems(&compiled, self.diagnostics)?;
        if !compiled.is_good(self.deny_warnings) {
            self.tell.failed(&compiled, began.elapsed())?;
            return Ok(Some(inputs));
        }
        match self.write(&compiled) {
            Ok(written) => {
                self.tell.built(&compiled, self.place.as_ref().map(|_| &written), began.elapsed())?;
                self.exec(&written)?;
            }
            Err(fault) if is_first => return Err(fault.into()),
            Err(fault) => self.tell.fault(&fault.0)?,
        }
        Ok(Some(inputs))
    }

    fn compile(&mut self) -> Result<Compiled, Failure> {
        let compiled = self.request.compile_again(&mut self.memories)?;
        // Without a bundle to write this is `meshc check`.
        Ok(if self.place.is_some() { compiled.for_this_choice() } else { compiled.for_every_choice(None) })
    }

    fn write(&self, compiled: &Compiled) -> Result<Written, Failure> {
        let Some(place) = &self.place else { return Ok(Written::default()) };
        let outputs = layout::outputs(&compiled.compilation, compiled.sources(), self.layout, place);
        let inputs = compiled.inputs(&self.request);
        write(place, &outputs, Guard { inputs: &inputs, refuses: compiled.is_empty(self.layout) && !self.allow_empty })
    }

    /// Runs the command where it has something new to see: after the first good build, after one that wrote something, and
    /// where nothing is written after each.
    fn exec(&mut self, written: &Written) -> Result<(), crate::Failure> {
        let Some(line) = &self.exec else { return Ok(()) };
        let is_new = !written.changed.is_empty() || !written.removed.is_empty() || self.place.is_none();
        if self.ran && !is_new {
            return Ok(());
        }
        self.ran = true;
        let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let mut command = Command::new(shell);
        command.arg(flag).arg(line).stdin(Stdio::null());
        if self.tell.json {
            // Standard output is for events alone.
            command.stdout(std::io::stderr());
        }
        match command.status() {
            Ok(status) => self.tell.ran(line, status.code()),
            Err(error) => self.tell.fault(&format!("`{line}` cannot be run: {error}")),
        }
    }
}

/// The folder that a file lies in.
fn parent(path: &std::path::Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
