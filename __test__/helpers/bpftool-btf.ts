// bpftool's dump of BTF, and the same made of ours: the two must not differ.
import { execFileSync } from 'node:child_process'
import type { BtfTypes } from '../../dist/btf/btf-types.js'
import type { BtfType } from '../../dist/btf/types.js'

/** One type in the spelling of `bpftool -j btf dump`. */
export type DumpedType = Readonly<Record<string, unknown>>

/** What bpftool reads in a file with BTF. */
export function dumpBtf(path: string): DumpedType[] {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const text = execFileSync('bpftool', ['-j', 'btf', 'dump', 'file', path], options)
  // Values of 64 bits, which JSON.parse would round.
  const { types } = JSON.parse(text.replace(/"val":(-?\d+)/g, '"val":"$1"')) as { types: DumpedType[] }
  return types.map(normal)
}

/** What we read, in the same spelling. */
export function spellAll(types: BtfTypes): DumpedType[] {
  return [...types.ids()].map((id) => ({ id, kind: types.type(id).kind.toUpperCase(), ...spell(types.type(id)) }))
}

/** Enum values by their bits: bpftool 7.1 shows large unsigned ones wrongly. Nobody needs the type of an index. */
function normal({ index_type_id: _index, ...type }: DumpedType): DumpedType {
  if (!Array.isArray(type['values'])) return type
  const bits = type['kind'] === 'ENUM' ? 32 : 64
  const values = (type['values'] as { name: string; val: string }[]).map(({ name, val }) => ({
    name,
    val: `${BigInt.asUintN(bits, BigInt(val))}`,
  }))
  return { ...type, values }
}

const nameless = (name: string): string => name || '(anon)'

function spell(type: BtfType): DumpedType {
  const name = nameless(type.name)
  switch (type.kind) {
    case 'int':
      return { name, size: type.size, bits_offset: type.bitOffset, nr_bits: type.bits, encoding: encodingOf(type) }
    case 'array':
      return { name, type_id: type.type, nr_elems: type.length }
    case 'struct':
    case 'union':
      return { name, size: type.size, vlen: type.members.length, members: type.members.map(spellMember) }
    case 'enum':
    case 'enum64':
      return { name, encoding: type.signed ? 'SIGNED' : 'UNSIGNED', size: type.size, ...spellValues(type) }
    case 'fwd':
      return { name, fwd_kind: type.union ? 'union' : 'struct' }
    case 'func':
    case 'var':
      return { name, type_id: type.type, linkage: ['static', 'global', 'extern'][type.linkage] }
    case 'func_proto':
      return {
        name,
        ret_type_id: type.type,
        vlen: type.parameters.length,
        params: type.parameters.map((one) => ({ name: nameless(one.name), type_id: one.type })),
      }
    case 'datasec': {
      const vars = type.variables.map((one) => ({ type_id: one.type, offset: one.offset, size: one.size }))
      return { name, size: type.size, vlen: vars.length, vars }
    }
    case 'float':
      return { name, size: type.size }
    case 'decl_tag':
      return { name, type_id: type.type, component_idx: type.component }
    case 'void':
      return { name }
    default:
      return { name, type_id: type.type }
  }
}

function encodingOf({ signed, bool }: { signed: boolean; bool: boolean }): string {
  return signed ? 'SIGNED' : bool ? 'BOOL' : '(none)'
}

function spellMember(member: { name: string; type: number; bitOffset: number; bits: number }): DumpedType {
  const { name, type, bitOffset, bits } = member
  const own = { name: nameless(name), type_id: type, bits_offset: bitOffset }
  return bits === 0 ? own : { ...own, bitfield_size: bits }
}

function spellValues({ kind, constants }: Extract<BtfType, { kind: 'enum' | 'enum64' }>): DumpedType {
  const bits = kind === 'enum' ? 32 : 64
  const values = constants.map(({ name, value }) => ({ name, val: `${BigInt.asUintN(bits, value)}` }))
  return { vlen: values.length, values }
}
