// Types of global variables: those of the object where they are given, read-only where one value has several parts.
import { Ebpf, type EbpfLoader, type Globals, type InitialValues, type ObjectType } from 'ayajs'
import { exactly } from './expect.ts'

interface Point {
  x: number
  y: number
}

interface Filter {
  programs: {}
  maps: {}
  globals: {
    readonly limit: number
    total: bigint
    enabled: boolean
    label: string
    raw: Uint8Array
    origin: Point
    corners: Point[]
  }
}
const Filter: ObjectType<Filter> = {}

export function typed(): void {
  const { globals } = Ebpf.loadFile('filter.bpf.o', { as: Filter })
  exactly<number>()(globals.limit)
  exactly<bigint>()(globals.total)
  exactly<boolean>()(globals.enabled)
  exactly<string>()(globals.label)
  exactly<Uint8Array>()(globals.raw)
  exactly<{ readonly x: number; readonly y: number }>()(globals.origin)
  exactly<readonly { readonly x: number; readonly y: number }[]>()(globals.corners)
  globals.total = 5n
  globals.total += 1n
  globals.origin = { x: 1, y: 2 }
  globals.corners = [{ x: 1, y: 2 }]
  const mutable: Point = { x: 3, y: 4 }
  globals.origin = mutable
  // @ts-expect-error a constant
  globals.limit = 1
  // @ts-expect-error 64 bits are a bigint
  globals.total = 5
  // @ts-expect-error to change a part, write the whole
  globals.origin.x = 1
  // @ts-expect-error to change an element, write all
  globals.corners[0] = mutable
  // @ts-expect-error no such variable
  globals.absent = 1
  // @ts-expect-error no such variable
  void globals.absent
}

export function initial(): void {
  const options = { as: Filter }
  Ebpf.loadFile('filter.bpf.o', { ...options, globals: { limit: 10, total: 5n, origin: { x: 1, y: 2 } } })
  Ebpf.loadFile('filter.bpf.o', { ...options, globals: { limit: new Uint8Array(4) } })
  // @ts-expect-error no such variable
  Ebpf.loadFile('filter.bpf.o', { ...options, globals: { limits: 10 } })
  // @ts-expect-error a number
  Ebpf.loadFile('filter.bpf.o', { ...options, globals: { limit: 10n } })
  // @ts-expect-error a member is missing
  Ebpf.loadFile('filter.bpf.o', { ...options, globals: { origin: { x: 1 } } })
}

export function untyped(bpf: Ebpf, loader: EbpfLoader): void {
  exactly<unknown>()(bpf.globals['any'])
  bpf.globals['any'] = 5n
  exactly<EbpfLoader>()(loader.overrideGlobal('limit', 10, true).overrideGlobal('origin', { x: 1, y: 2 }, false))
  // @ts-expect-error the variables are the object's: none can be replaced by others
  bpf.globals = {}
}

export function named(): [Globals<Filter['globals']>, InitialValues<Filter['globals']>] {
  const { globals } = Ebpf.loadFile('filter.bpf.o', { as: Filter })
  return [globals, { ...globals }]
}
