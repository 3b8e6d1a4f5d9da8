//! What has to change in an object, before anything does: where code goes, which symbols are wrong, and which programs
//! are set apart.

use std::ops::Range;

use super::{
    Obstacle, UnsupportedProgram,
    layout::Layout,
    old::Missing,
    reason::Reason,
    references::{self, At, References},
    sections::{Kind, Role, UNKNOWN},
    survey::{Function, Place, Survey, refuse},
};
use crate::error::Result;

/// What has to change.
pub(super) struct Plan<'a> {
    pub(super) survey: &'a Survey<'a>,
    pub(super) layout: Layout,
    /// By function: whether aya must not see it.
    pub(super) is_dropped: Vec<bool>,
    pub(super) unsupported: Vec<UnsupportedProgram>,
    /// Relocations that must go, since aya would stumble over them.
    pub(super) without: Vec<At>,
    /// Relocations that mean another symbol.
    pub(super) redirected: Vec<(At, usize)>,
    /// Second names of sub-programs, of which aya allows none.
    pub(super) aliases: Vec<usize>,
    /// What the compiler did not write.
    pub(super) missing: Missing,
    /// Stretches between sub-programs that belong to none: aya wants a function there. By code.
    pub(super) fillers: Vec<(usize, Range<u64>)>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(survey: &'a Survey<'a>, obstacles: &[Obstacle]) -> Result<Self> {
        let references = References::of(survey)?;
        let layout = Layout::of(survey, &references)?;
        let mut plan = Self {
            survey,
            layout,
            is_dropped: vec![false; survey.functions.len()],
            unsupported: Vec::new(),
            without: references.to_nothing.iter().map(|(at, ..)| *at).collect(),
            redirected: references.by_section.clone(),
            aliases: Vec::new(),
            fillers: Vec::new(),
            missing: Missing::of(survey)?,
        };
        plan.look_through_code()?;
        plan.list_foreign();
        plan.list_lone_functions(&references);
        plan.set_apart(&references, obstacles);
        plan.forget_in_text(obstacles)?;
        plan.refuse_same_names()?;
        Ok(plan)
    }

    /// Whether the object can stay as it is.
    pub(super) fn is_empty(&self) -> bool {
        let survey = self.survey;
        self.without.is_empty()
            && self.redirected.is_empty()
            && self.aliases.is_empty()
            && self.fillers.is_empty()
            && self.missing.is_empty()
            && !self.is_dropped.contains(&true)
            && (0..survey.codes.len()).all(|code| self.layout.keeps(code))
            && survey.functions.iter().all(|function| function.is_complete)
            && survey
                .maps
                .iter()
                .all(|map| map.is_complete && (map.is_map || !map.is_legacy))
    }

    fn role(&self, code: usize) -> Option<Role> {
        self.layout.fates.get(code).map(|fate| fate.role)
    }

    fn functions(&self, code: usize) -> impl Iterator<Item = (usize, &'a Function<'a>)> + use<'a> {
        let survey = self.survey;
        let range = survey
            .codes
            .get(code)
            .map_or(0..0, |code| code.functions.clone());
        range.filter_map(move |number| Some((number, survey.functions.get(number)?)))
    }

    /// Code of a program needs a function. Sub-programs must follow one another without a gap, and have one name each.
    fn look_through_code(&mut self) -> Result<()> {
        let mut text_begins = true;
        for (number, code) in self.survey.codes.iter().enumerate() {
            let Some(fate) = self.layout.fates.get(number) else {
                continue;
            };
            let base = fate.base;
            match fate.role {
                Role::Text => {
                    if std::mem::take(&mut text_begins) && base > 0 {
                        self.fillers.push((number, 0..base));
                    }
                    self.look_through_text(number, base)?;
                }
                Role::Program(..) if code.functions.is_empty() => {
                    let (name, size) = (code.name, code.bytes.len());
                    return Err(refuse(format!(
                        "section \"{name}\" has {size} bytes of code, and no symbol of a function"
                    )));
                }
                Role::Program(..) | Role::Foreign(_) | Role::Unknown => {}
            }
        }
        Ok(())
    }

    fn look_through_text(&mut self, number: usize, base: u64) -> Result<()> {
        let Some(code) = self.survey.codes.get(number) else {
            return Ok(());
        };
        let (mut last_start, mut end) = (None, 0);
        for (_, function) in self.functions(number) {
            if last_start == Some(function.start) && function.end == end {
                self.aliases.push(function.symbol);
                continue;
            }
            if function.start < end {
                let (name, section, start) = (function.name, code.name, function.start);
                return Err(refuse(format!(
                    "function \"{name}\" in section \"{section}\" begins inside of another one, at {start}"
                )));
            }
            self.fill(number, base, end..function.start);
            (last_start, end) = (Some(function.start), function.end);
        }
        self.fill(number, base, end..code.bytes.len() as u64);
        Ok(())
    }

    fn fill(&mut self, code: usize, base: u64, gap: Range<u64>) {
        if !gap.is_empty() {
            let (start, end) = (base.saturating_add(gap.start), base.saturating_add(gap.end));
            self.fillers.push((code, start..end));
        }
    }

    fn list_foreign(&mut self) {
        for (number, code) in self.survey.codes.iter().enumerate() {
            let (kind, reason) = match self.role(number) {
                Some(Role::Foreign(kind)) => {
                    let reason = format!("aya has no programs of kind {}", kind.kind);
                    (kind, reason)
                }
                Some(Role::Unknown) => {
                    let reason = "the name of its section says no kind that is known";
                    (UNKNOWN, String::from(reason))
                }
                _ => continue,
            };
            let names: Vec<&str> = self
                .functions(number)
                .map(|(_, function)| function.name)
                .collect();
            let names = if names.is_empty() {
                vec![code.name]
            } else {
                names
            };
            for name in names {
                self.list(name, code.name, kind, reason.clone());
            }
        }
    }

    /// Where nothing is a program by its section, functions that nobody calls are meant to be (clang puts them into
    /// `.text` without a `SEC`).
    fn list_lone_functions(&mut self, references: &References) {
        let is_text = |number: &usize| self.role(*number) == Some(Role::Text);
        let numbers = 0..self.survey.codes.len();
        if !numbers.clone().all(|number| is_text(&number)) {
            return;
        }
        let mut called: Vec<_> = references.edges.iter().map(|edge| edge.to).collect();
        called.sort_unstable();
        for number in numbers {
            for (_, function) in self.functions(number) {
                if called.binary_search(&(number, function.start)).is_err() {
                    let section = self.survey.codes.get(number).map_or("", |code| code.name);
                    let reason =
                        "it is in no section of its own, whose name would say the kind of program";
                    self.list(function.name, section, UNKNOWN, String::from(reason));
                }
            }
        }
    }

    fn list(&mut self, name: &str, section: &str, kind: Kind, reason: String) {
        self.unsupported.push(UnsupportedProgram {
            name: name.to_owned(),
            section: section.to_owned(),
            kind: kind.kind,
            program_type: kind.program_type,
            reason,
        });
    }

    /// Programs that reach what cannot be carried are listed as unsupported.
    fn set_apart(&mut self, references: &References, obstacles: &[Obstacle]) {
        let mut reasons = self.obstacles_of(references);
        for obstacle in obstacles {
            if let Some(Place::Code(code)) = self.survey.places.get(obstacle.section) {
                reasons.push(((*code, obstacle.offset), Reason::Given(&obstacle.reason)));
            }
        }
        if reasons.is_empty() {
            return;
        }
        let callers = self.callers(references);
        let mut reached: Vec<Option<usize>> = vec![None; self.survey.functions.len()];
        let mut queue = Vec::new();
        for (number, ((code, offset), _)) in reasons.iter().enumerate() {
            if let Some(function) = self.survey.function_at(*code, *offset) {
                queue.push((function, number));
            }
        }
        while let Some((function, reason)) = queue.pop() {
            let Some(reached) = reached.get_mut(function) else {
                continue;
            };
            if reached.is_none() {
                *reached = Some(reason);
                let first = callers.partition_point(|(callee, _)| *callee < function);
                let callers = callers.get(first..).unwrap_or_default().iter();
                let these = callers.take_while(|(callee, _)| *callee == function);
                queue.extend(these.map(|(_, caller)| (*caller, reason)));
            }
        }
        for (number, (function, reached)) in self.survey.functions.iter().zip(&reached).enumerate()
        {
            if let Some(Role::Program(_, kind)) = self.role(function.code)
                && let Some((_, reason)) = reached.and_then(|reason| reasons.get(reason))
                && let Some(code) = self.survey.codes.get(function.code)
            {
                self.list(function.name, code.name, kind, reason.words(self.survey));
                if let Some(is_dropped) = self.is_dropped.get_mut(number) {
                    *is_dropped = true;
                }
            }
        }
    }

    /// Sub-programs with an obstacle stay, for their neighbours' sake, and no program that is left calls them.
    fn forget_in_text(&mut self, obstacles: &[Obstacle]) -> Result<()> {
        let mut places: Vec<(usize, u64)> = Vec::new();
        for obstacle in obstacles {
            if let Some(Place::Code(code)) = self.survey.places.get(obstacle.section)
                && self.role(*code) == Some(Role::Text)
            {
                places.push((*code, obstacle.offset));
            }
        }
        places.sort_unstable();
        self.without.extend(references::at(self.survey, &places)?);
        Ok(())
    }

    /// Instructions that aya could not relocate.
    fn obstacles_of(&self, references: &References) -> Vec<((usize, u64), Reason<'static>)> {
        let survey = self.survey;
        let to_nothing = references.to_nothing.iter();
        let mut reasons: Vec<_> = to_nothing
            .map(|(_, from, section)| (*from, Reason::RefersTo(*section)))
            .collect();
        let mut called = Vec::new();
        for edge in &references.edges {
            let (code, offset) = edge.to;
            let function = survey.function_at(code, offset);
            let function = function.and_then(|function| survey.functions.get(function));
            if function.is_none_or(|function| function.start != offset) {
                reasons.push((edge.from, Reason::NoFunction(code, offset)));
            } else if matches!(self.role(code), Some(Role::Foreign(_) | Role::Unknown)) {
                reasons.push((edge.from, Reason::CallsForeign(code)));
            } else if let Some((into, offset)) = self.layout.place(code, offset) {
                called.push((offset, into, edge.from));
            }
        }
        called.sort_unstable();
        for pair in called.windows(2) {
            if let [(offset, section, _), (other_offset, other_section, from)] = pair
                && offset == other_offset
                && section != other_section
            {
                reasons.push((*from, Reason::SameOffset));
            }
        }
        reasons
    }

    /// Pairs of callee and caller, by callee.
    fn callers(&self, references: &References) -> Vec<(usize, usize)> {
        let function = |(code, offset)| self.survey.function_at(code, offset);
        let mut callers: Vec<_> = references
            .edges
            .iter()
            .filter_map(|edge| Some((function(edge.to)?, function(edge.from)?)))
            .collect();
        callers.sort_unstable();
        callers.dedup();
        callers
    }

    /// Programs are found by their names: one would hide the other.
    fn refuse_same_names(&self) -> Result<()> {
        let mut listed: Vec<(&str, &str)> = Vec::new();
        for (number, code) in self.survey.codes.iter().enumerate() {
            if matches!(self.role(number), Some(Role::Program(..))) {
                let functions = self.functions(number);
                let kept =
                    functions.filter(|(number, _)| self.is_dropped.get(*number) == Some(&false));
                listed.extend(kept.map(|(_, function)| (function.name, code.name)));
            }
        }
        let unsupported = self.unsupported.iter();
        listed.extend(unsupported.map(|one| (one.name.as_str(), one.section.as_str())));
        listed.sort_unstable();
        for pair in listed.windows(2) {
            if let [(name, section), (other, other_section)] = pair
                && name == other
            {
                return Err(refuse(format!(
                    "two programs are called \"{name}\", in the sections \"{section}\" and \"{other_section}\""
                )));
            }
        }
        Ok(())
    }
}
