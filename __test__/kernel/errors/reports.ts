// Errors as text, for tables: class, code, syscall and errno in one line, the message in the other, places made the same everywhere.
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { EbpfError } from 'ayajs'
import { cgroupMount } from '../../helpers/cgroup.ts'
import { fixturePath } from '../../helpers/fixtures.ts'

export interface Report {
  /** `EbpfError ERR_EBPF_FILE open ENOENT`: class, code, and, where there are such, syscall and name of the errno. */
  error: string
  message: string
}

export interface Case extends Report {
  title: string
  run: (t: ExecutionContext) => unknown
}

/** One test a row: what the row runs fails, or is rejected, with exactly this error. */
export function refuse(cases: readonly Case[]): void {
  for (const { title, run, error, message } of cases) {
    test(title, async (t) => {
      const caught = await failureOf(t, () => run(t))
      t.deepEqual(report(caught), { error, message })
      if (caught instanceof EbpfError) t.deepEqual(complaints(caught), [])
    })
  }
}

/** What `run` throws or rejects with; a failed test when it does neither. */
export async function failureOf(t: ExecutionContext, run: () => unknown): Promise<Error> {
  try {
    await run()
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
  t.fail('nothing was thrown')
  throw new Error('nothing was thrown')
}

export function report(error: Error): Report {
  const { code, syscall, errnoName } = error as EbpfError
  return {
    error: [error.constructor.name, code, syscall, errnoName].filter((part) => part !== undefined).join(' '),
    message: anywhere(error.message),
  }
}

/** What must hold of every `EbpfError`, whatever it says; [] when it does. */
export function complaints(error: EbpfError): string[] {
  const { name, message, stack = '', errno, errnoName, verifierLog } = error
  const found = [
    EbpfError.isEbpfError(error) ? '' : 'isEbpfError() denies it',
    stack.startsWith(`${name}: ${message}\n    at `) ? '' : `the stack begins otherwise: ${stack.slice(0, 200)}`,
    (errno === undefined) === (errnoName === undefined) ? '' : 'one of errno and errnoName is missing',
    errno === undefined || -errno === numberOf(errnoName) ? '' : `errno ${errno} is not ${errnoName}`,
    verifierLog === undefined || !Object.keys(error).includes('verifierLog') ? '' : 'verifierLog would be printed',
    ...causesOf(error).map((cause) => (cause instanceof Error && cause.message !== '' ? '' : 'a cause is no error')),
  ]
  return found.filter((complaint) => complaint !== '')
}

/** The chain of causes, the nearest first. */
export function causesOf(error: Error): unknown[] {
  return error.cause === undefined ? [] : [error.cause, ...causesOf(error.cause as Error)]
}

/** The text, with `<fixtures>`, `<cgroup2>`, `<pins>`, `<tmp>`, `<fd>`, `<name>`, `<id>` for what differs by machine and run. */
export function anywhere(text: string): string {
  return text
    .replace(/(?<=cgroup v2 is mounted at )\S+(?: and \S+)*(?=\.$)/, '<cgroup2>')
    .replace(/(?<=\bdescriptor )\d+/i, '<fd>')
    .replaceAll(dirname(fixturePath('any')), '<fixtures>')
    .replaceAll(`${cgroupMount()}/`, '<cgroup2>/')
    .replace(/ayajs-test-\d+-\d+(?=" above)/, '<name>')
    .replace(/(?<=to the cgroup "<cgroup2>\/)[^"]+/, '<name>')
    .replace(/(?<= (?:before|after) (?:link|program) )\d+(?=:)/, '<id>')
    .replace(/(?<=\bprogram )\d+(?= as )/, '<id>')
    .replaceAll(/\/sys\/fs\/bpf\/ayajs-[\w-]+/g, '<pins>')
    .replaceAll(new RegExp(`${tmpdir()}/ayajs-\\w+`, 'g'), '<tmp>')
}

/** An empty folder, which goes away when the test ends. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ayajs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Node does not know the numbers that the kernel keeps to itself. */
function numberOf(errnoName: string | undefined): number | undefined {
  return errnoName === 'ENOTSUPP' ? 524 : constants.errno[errnoName as keyof typeof constants.errno]
}
