// What every program class owes, whatever its kind: one run of tests for each row of a table.
import type { TestFn } from 'ava'
import type { Ebpf, EbpfErrorCode, Program } from 'ayajs'
import { idBehind, showProgram } from './bpftool.ts'
import { openFixture } from './fixtures.ts'
import { until } from './poll.ts'

/** One class of programs, and where to find such a program. */
export interface ProgramRow {
  readonly programClass: {
    readonly name: string
    readonly programType: string
    tryFrom(program: Program | null): Program
  }
  /** The kind, as aya names it. */
  readonly kind: string
  readonly fixture: string
  readonly program: string
  /** A program of another kind. */
  readonly other: { readonly fixture: string; readonly program: string; readonly kind: string }
}

/** Declares the tests of one row. */
export function programContract(test: TestFn, row: ProgramRow): void {
  const { programClass, kind, other } = row
  const { name } = programClass
  const programOf = (bpf: Ebpf): Program => programClass.tryFrom(bpf.program(row.program))

  test(`${name} before load throws ERR_EBPF_NOT_LOADED, and has no descriptor`, (t) => {
    const program = programOf(openFixture(t, row.fixture))
    for (const method of notLoadedMethods) {
      t.throws(() => program[method](), { code: 'ERR_EBPF_NOT_LOADED' satisfies EbpfErrorCode }, method)
    }
    t.is(program.asRawFd(), null)
    t.is(program.name, row.program)
    t.is(program.kind, kind)
    t.is(program.programType, programClass.programType)
  })

  test(`${name}.load loads the program, once`, (t) => {
    const program = programOf(openFixture(t, row.fixture))
    program.load()
    t.is(program.info().programType, programClass.programType)
    t.is(program.asRawFd(), program.fd())
    t.is(idBehind(program.fd()), program.info().id)
    t.is(showProgram(program.info().id)?.tag, program.info().tag)
    t.throws(() => program.load(), { code: 'ERR_EBPF_ALREADY_LOADED' satisfies EbpfErrorCode })
  })

  test(`${name}.loadAsync loads the program, once`, async (t) => {
    const program = programOf(openFixture(t, row.fixture))
    await program.loadAsync()
    t.is(idBehind(program.fd()), program.info().id)
    await t.throwsAsync(program.loadAsync(), { code: 'ERR_EBPF_ALREADY_LOADED' satisfies EbpfErrorCode })
  })

  test(`${name}.unload frees the program, once, and it can be loaded again`, async (t) => {
    const program = programOf(openFixture(t, row.fixture))
    program.load()
    const { id } = program.info()
    program.unload()
    t.true(await until(() => showProgram(id) === null))
    t.is(program.asRawFd(), null)
    for (const method of notLoadedMethods) {
      t.throws(() => program[method](), { code: 'ERR_EBPF_NOT_LOADED' satisfies EbpfErrorCode }, method)
    }
    await program.loadAsync()
    t.not(program.info().id, id)
  })

  test(`${name} after close of its object throws ERR_EBPF_CLOSED, and is freed`, async (t) => {
    const bpf = openFixture(t, row.fixture)
    const program = programOf(bpf)
    program.load()
    const { id } = program.info()
    bpf.close()
    t.true(await until(() => showProgram(id) === null))
    for (const method of [...notLoadedMethods, 'load', 'asRawFd'] as const) {
      t.throws(() => program[method](), { code: 'ERR_EBPF_CLOSED' satisfies EbpfErrorCode }, method)
    }
    await t.throwsAsync(program.loadAsync(), { code: 'ERR_EBPF_CLOSED' satisfies EbpfErrorCode })
    t.is(program.name, row.program)
    t.is(`${program}`, `${kind}(${row.program})`)
  })

  test(`${name}.tryFrom takes the kind ${kind}, and refuses ${other.kind}`, (t) => {
    t.notThrows(() => programOf(openFixture(t, row.fixture)))
    const foreign = openFixture(t, other.fixture).program(other.program)
    const error = t.throws(() => programClass.tryFrom(foreign), { code: 'ERR_EBPF_UNEXPECTED_PROGRAM_TYPE' })
    t.like(error, { expected: name, actual: other.kind, program: other.program })
    t.throws(() => programClass.tryFrom(null), { code: 'ERR_EBPF_NOT_FOUND' })
  })
}

const notLoadedMethods = ['fd', 'info', 'unload'] as const
