//! Where code goes: which section aya finds it in, under which name, and from which offset on.
//!
//! aya looks a callee up by section and offset, and then knows it by its offset alone: two functions at the same offset of
//! different sections would be one. So all sub-programs go into one section, behind every offset that a program which is
//! called as well may have. And it takes `xdp` and some more under this one name only: what has it becomes one section.

use super::{
    references::References,
    sections::{Name, Role},
    survey::{Code, Survey, refuse},
};
use crate::error::Result;

/// What becomes of a section with code.
pub(super) struct Fate {
    pub(super) role: Role,
    /// The code (its number) whose section it goes into: its own, or another's.
    pub(super) into: usize,
    /// Where it begins there.
    pub(super) base: u64,
    /// A new name for the section that others go into; `None` where it stays.
    pub(super) name: Option<String>,
}

/// What becomes of each section with code.
pub(super) struct Layout {
    pub(super) fates: Vec<Fate>,
}

impl Layout {
    pub(super) fn of(survey: &Survey<'_>, references: &References) -> Result<Self> {
        let mut layout = Self {
            fates: survey
                .codes
                .iter()
                .enumerate()
                .map(|(number, code)| Fate {
                    role: code.role,
                    into: number,
                    base: 0,
                    name: None,
                })
                .collect(),
        };
        layout.find_sub_programs(references);
        layout.name_programs(survey)?;
        layout.join_sub_programs(survey, references)?;
        Ok(layout)
    }

    /// Where an instruction ends up.
    pub(super) fn place(&self, code: usize, offset: u64) -> Option<(usize, u64)> {
        let fate = self.fates.get(code)?;
        Some((fate.into, fate.base.checked_add(offset)?))
    }

    /// Whether a section is the same as before.
    pub(super) fn keeps(&self, code: usize) -> bool {
        self.fates.get(code).is_none_or(|fate| {
            let is_foreign = matches!(fate.role, Role::Foreign(_) | Role::Unknown);
            !is_foreign && fate.into == code && fate.base == 0 && fate.name.is_none()
        })
    }

    /// Sections whose names say nothing hold sub-programs when others call them.
    fn find_sub_programs(&mut self, references: &References) {
        for edge in &references.edges {
            if edge.from.0 != edge.to.0
                && let Some(fate) = self.fates.get_mut(edge.to.0)
                && fate.role == Role::Unknown
            {
                fate.role = Role::Text;
            }
        }
    }

    fn name_programs(&mut self, survey: &Survey<'_>) -> Result<()> {
        let mut groups: Vec<Group> = Vec::new();
        for (number, code) in survey.codes.iter().enumerate() {
            let role = self.fates.get(number).map(|fate| fate.role);
            let Some(Role::Program(name, _)) = role else {
                continue;
            };
            match name {
                Name::Kept => {}
                Name::Below(taken) => self.rename(number, below(taken, code)),
                Name::Exactly(taken) => {
                    let known = groups.iter_mut().find(|group| group.name == taken);
                    if let Some(group) = known {
                        self.join(survey, number, group)?;
                    } else {
                        if code.name != taken {
                            self.rename(number, taken.to_owned());
                        }
                        groups.push(Group {
                            name: taken,
                            head: number,
                            size: code.bytes.len() as u64,
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn join_sub_programs(&mut self, survey: &Survey<'_>, references: &References) -> Result<()> {
        let is_text = |fate: &Fate| fate.role == Role::Text;
        let Some(head) = self.fates.iter().position(is_text) else {
            return Ok(());
        };
        let is_program = |number: usize| {
            let role = self.fates.get(number).map(|fate| fate.role);
            matches!(role, Some(Role::Program(..)))
        };
        let calls_programs = references.edges.iter().any(|edge| is_program(edge.to.0));
        // Joined sections are no larger than the sum.
        let size_of = |number: usize| {
            survey
                .codes
                .get(number)
                .map_or(0, |code| code.bytes.len() as u64)
        };
        let size = if calls_programs {
            (0..survey.codes.len())
                .filter(|number| is_program(*number))
                .map(size_of)
                .sum()
        } else {
            0
        };
        let mut group = Group {
            name: ".text",
            head,
            size,
        };
        for number in head..survey.codes.len() {
            if self.fates.get(number).is_some_and(is_text) {
                self.join(survey, number, &mut group)?;
            }
        }
        if let Some(code) = survey.codes.get(head)
            && !code.name.starts_with(".text")
        {
            self.rename(head, below(".text", code));
        }
        Ok(())
    }

    fn join(&mut self, survey: &Survey<'_>, number: usize, group: &mut Group) -> Result<()> {
        let (Some(fate), Some(code)) = (self.fates.get_mut(number), survey.codes.get(number))
        else {
            return Ok(());
        };
        fate.into = group.head;
        fate.base = group.size;
        group.size = group.size.saturating_add(code.bytes.len() as u64);
        if !group.size.is_multiple_of(8) {
            return Err(refuse(format!(
                "section \"{}\" is {} bytes large: that is no number of whole instructions",
                code.name,
                code.bytes.len()
            )));
        }
        Ok(())
    }

    fn rename(&mut self, number: usize, name: String) {
        if let Some(fate) = self.fates.get_mut(number) {
            fate.name = Some(name);
        }
    }
}

/// A name that no other section has, and that still shows the old one where aya speaks of it.
fn below(taken: &str, code: &Code<'_>) -> String {
    let old: String = code.name.chars().take(MAX_SHOWN).collect();
    format!("{taken}/{old} (section {})", code.section)
}

/// How much of a name is shown.
const MAX_SHOWN: usize = 64;

struct Group {
    name: &'static str,
    /// The code that the others go behind.
    head: usize,
    size: u64,
}
