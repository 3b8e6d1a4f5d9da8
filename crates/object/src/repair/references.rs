//! What instructions refer to: functions that they call, maps, and what aya cannot refer to.

use object::{
    elf::{Rel64, STT_SECTION},
    read::elf::{Rel as _, Rela as _, SectionHeader as _, Sym as _},
};

use super::survey::{Place, Survey};
use crate::error::{Result, malformed};

/// The size of an instruction.
pub(super) const INSTRUCTION: u64 = 8;

/// `BPF_JMP | BPF_CALL`, and `BPF_LD | BPF_DW | BPF_IMM`.
pub(super) const CALL: u8 = 0x85;
const LOAD_64: u8 = 0x18;
/// `BPF_PSEUDO_CALL`, with register 0: bit fields, whose order is that of the machine's bytes.
const PSEUDO_CALL: u8 = if cfg!(target_endian = "little") {
    1 << 4
} else {
    1
};

/// A call, or the address of a function.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: (usize, u64),
    pub(super) to: (usize, u64),
}

/// A relocation, by section and number.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) section: usize,
    pub(super) number: usize,
}

/// What the instructions of an object refer to.
#[derive(Default)]
pub(super) struct References {
    /// By code and offset.
    pub(super) edges: Vec<Edge>,
    /// References to maps by their section: aya takes the section's last map. With the symbol that is meant.
    pub(super) by_section: Vec<(At, usize)>,
    /// References to what is nothing to aya, with the instruction and the section.
    pub(super) to_nothing: Vec<(At, (usize, u64), usize)>,
}

/// One relocation.
pub(super) struct Relocation {
    pub(super) offset: u64,
    pub(super) symbol: usize,
    pub(super) kind: u32,
}

impl References {
    pub(super) fn of(survey: &Survey<'_>) -> Result<Self> {
        let mut references = Self::default();
        let mut relocated = Vec::new();
        for code in 0..survey.codes.len() {
            relocated.clear();
            references.read_relocations(survey, code, &mut relocated)?;
            relocated.sort_unstable();
            references.read_calls(survey, code, &relocated);
        }
        Ok(references)
    }

    fn read_relocations(
        &mut self,
        survey: &Survey<'_>,
        number: usize,
        relocated: &mut Vec<u64>,
    ) -> Result<()> {
        let Some(code) = survey.codes.get(number) else {
            return Ok(());
        };
        for section in &code.relocations {
            each_relocation(survey, *section, |index, relocation| {
                relocated.push(relocation.offset);
                let at = At {
                    section: *section,
                    number: index,
                };
                self.read_relocation(survey, number, at, &relocation);
            })?;
        }
        Ok(())
    }

    fn read_relocation(
        &mut self,
        survey: &Survey<'_>,
        code: usize,
        at: At,
        relocation: &Relocation,
    ) -> Option<()> {
        let from = (code, relocation.offset);
        let index = object::SymbolIndex(relocation.symbol);
        let symbol = survey.elf.symbols.symbol(index).ok()?;
        let instruction = instruction(survey.codes.get(code)?.bytes, relocation.offset)?;
        let (section, place) = survey.place_of(symbol)?;
        let value = symbol.st_value(survey.elf.endian);
        let is_section = symbol.st_type() == STT_SECTION;
        match place {
            Place::Code(target) => {
                let added = if is_section { instruction.addend() } else { 0 };
                let to = (target, value.checked_add_signed(added)?);
                self.edges.push(Edge { from, to });
            }
            Place::Maps { .. } if is_section => {
                let meant = value.checked_add_signed(instruction.immediate.into())?;
                match survey.map_at(section, meant) {
                    Some(map) => self.by_section.push((at, map)),
                    None => self.to_nothing.push((at, from, section)),
                }
            }
            Place::Other => self.to_nothing.push((at, from, section)),
            Place::Maps { .. } | Place::Data => {}
        }
        Some(())
    }

    /// Calls inside of a section have no relocation.
    fn read_calls(&mut self, survey: &Survey<'_>, number: usize, relocated: &[u64]) {
        let Some(code) = survey.codes.get(number) else {
            return;
        };
        let mut relocated = relocated.iter().peekable();
        let mut offset = 0;
        for bytes in code.bytes.chunks_exact(8) {
            while relocated.next_if(|known| **known < offset).is_some() {}
            if let [CALL, PSEUDO_CALL, 0, 0, rest @ ..] = bytes
                && relocated.peek() != Some(&&offset)
                && let Ok(immediate) = rest.try_into()
            {
                let distance = (i64::from(i32::from_ne_bytes(immediate)) + 1) * 8;
                // What lies outside of the section is no function of it, and found to be none.
                let to = offset.checked_add_signed(distance).unwrap_or(u64::MAX);
                self.edges.push(Edge {
                    from: (number, offset),
                    to: (number, to),
                });
            }
            offset += INSTRUCTION;
        }
    }
}

impl Survey<'_> {
    /// The symbol of the map that begins there.
    fn map_at(&self, section: usize, start: u64) -> Option<usize> {
        let first = self
            .maps
            .partition_point(|map| (map.section, map.start) < (section, start));
        let here = self.maps.get(first..)?.iter();
        here.take_while(|map| (map.section, map.start) == (section, start))
            .find(|map| map.is_map)
            .map(|map| map.symbol)
    }
}

/// The relocations of instructions, whose places are sorted.
pub(super) fn at(survey: &Survey<'_>, places: &[(usize, u64)]) -> Result<Vec<At>> {
    let mut found = Vec::new();
    if places.is_empty() {
        return Ok(found);
    }
    for (number, code) in survey.codes.iter().enumerate() {
        for section in &code.relocations {
            each_relocation(survey, *section, |index, relocation| {
                if places.binary_search(&(number, relocation.offset)).is_ok() {
                    let (section, number) = (*section, index);
                    found.push(At { section, number });
                }
            })?;
        }
    }
    Ok(found)
}

struct Instruction {
    code: u8,
    immediate: i32,
}

impl Instruction {
    /// What is added to the address of a section: calls count instructions from the next one.
    fn addend(&self) -> i64 {
        match self.code {
            CALL => (i64::from(self.immediate) + 1) * 8,
            LOAD_64 => self.immediate.into(),
            _ => 0,
        }
    }
}

fn instruction(code: &[u8], offset: u64) -> Option<Instruction> {
    let start = usize::try_from(offset).ok()?;
    let bytes = code.get(start..start.checked_add(8)?)?;
    let (head, immediate) = bytes.split_at_checked(4)?;
    Some(Instruction {
        code: *head.first()?,
        immediate: i32::from_ne_bytes(immediate.try_into().ok()?),
    })
}

/// Visits the relocations in a section of them, each with its number.
pub(super) fn each_relocation(
    survey: &Survey<'_>,
    section: usize,
    mut visit: impl FnMut(usize, Relocation),
) -> Result<()> {
    let (endian, header) = (survey.elf.endian, survey.header(section)?);
    if let Some((relocations, _)) = header.rel(endian, survey.data).map_err(malformed)? {
        let relocations: &[Rel64<_>] = relocations;
        for (number, relocation) in relocations.iter().enumerate() {
            visit(
                number,
                Relocation {
                    offset: relocation.r_offset(endian),
                    symbol: relocation.r_sym(endian) as usize,
                    kind: relocation.r_type(endian),
                },
            );
        }
    }
    if let Some((relocations, _)) = header.rela(endian, survey.data).map_err(malformed)? {
        for (number, relocation) in relocations.iter().enumerate() {
            visit(
                number,
                Relocation {
                    offset: relocation.r_offset(endian),
                    symbol: relocation.r_sym(endian, false) as usize,
                    kind: relocation.r_type(endian, false),
                },
            );
        }
    }
    Ok(())
}
