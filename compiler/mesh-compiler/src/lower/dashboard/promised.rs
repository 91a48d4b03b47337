//! What a service promises, and what is left of it.

use super::super::slo::of_part;
use super::board::{Board, Limit, Look, Panel};
use super::{Said, seen_word};
use crate::model::Target;
use crate::operand::{duration, percent};

/// The labels of the objectives of a service.
pub(super) fn objective_labels(said: &Said<'_, '_>) -> String {
    let service = said.service;
    format!("sloth_service=\"{}.{}\"", service.name, service.namespace.unwrap_or_default())
}

/// What is left of the budgets, and how fast they burn.
pub(super) fn objectives(said: &Said<'_, '_>, board: &mut Board) {
    let Some(slo) = said.slo else { return };
    let labels = objective_labels(said);
    let promised: Vec<String> = slo
        .objectives
        .iter()
        .map(|objective| {
            let share = format!("{}{}", percent(objective.parts.into()), of_part(objective));
            let what = match objective.target {
                Target::Available => format!("{share} without an error of the server"),
                Target::Fast(millis) => format!("{share} under {}", duration(millis)),
            };
            format!("{what}, as {}", seen_word(objective.seen))
        })
        .collect();
    board.row("Objectives");
    board.add(
        Panel::new(Look::Lines, "Error budget left", "percentunit")
            .about(format!("Promised over {} days: {}.", slo.days, promised.join("; ")))
            .limit(Limit::AtLeast(0.0))
            .query("{{sloth_slo}}", format!("slo:period_error_budget_remaining:ratio{{{labels}}}"))
            .width(12),
    );
    board.add(
        Panel::new(Look::Lines, "Burn rate", "short")
            .about("How many times faster than evenly the error budget burns: at 1 it lasts exactly its window. The dashed line is the rate at which a page is sent within the hour.")
            .limit(Limit::AtMost(f64::from(slo.days) * 24.0 * 0.02))
            .query("{{sloth_slo}}", format!("slo:current_burn_rate:ratio{{{labels}}}"))
            .width(12),
    );
}
