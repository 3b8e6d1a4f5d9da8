// What can be given as a cgroup, and its descriptor for the time of one call.

import { closeSync, constants, openSync, readFileSync, readlinkSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { checkInteger, checkPath, invalidArgType, type PathLike } from '../arguments.ts'
import { descriptorAdvice } from '../advice.ts'
import { EbpfError, type EbpfErrorDetails } from '../errors.ts'
import { nameOfErrno } from '../failure.ts'

/** A cgroup: the path of its directory, an open descriptor, or something that has one, such as a `FileHandle`. */
export type Cgroup = PathLike | number | { readonly fd: number }

/** Runs `use` with a descriptor of the cgroup; one that had to be opened is closed afterwards. */
export function withCgroup<T>(cgroup: Cgroup, use: (fd: number) => T): T {
  const given = givenDescriptor(cgroup)
  if (given !== undefined) return explained(given, undefined, use)
  const path = checkPath('cgroup', cgroup)
  const text = typeof path === 'string' ? path : Buffer.from(path).toString()
  const fd = openDirectory(path, text)
  try {
    return explained(fd, text, use)
  } finally {
    closeSync(fd)
  }
}

/** A cgroup above another one. */
export interface CgroupAbove {
  readonly path: string
  readonly id: bigint
}

/** The cgroups above an open one, the nearest first, as far as they are mounted here. */
export function cgroupsAbove(fd: number): CgroupAbove[] {
  const above: CgroupAbove[] = []
  try {
    const { dev } = statSync(`/proc/self/fd/${fd}`, { bigint: true })
    for (let up = `/proc/self/fd/${fd}/..`; ; up += '/..') {
      const { dev: device, ino: id } = statSync(up, { bigint: true })
      if (device !== dev) return above
      above.push({ path: realpathSync.native(up), id })
    }
  } catch {
    return above // No /proc, or it has been removed: so far it can be told.
  }
}

function givenDescriptor(cgroup: unknown): number | undefined {
  if (typeof cgroup === 'number') return checkInteger('cgroup', cgroup, 0, 2 ** 31 - 1)
  if (typeof cgroup === 'string' || cgroup instanceof Uint8Array || cgroup instanceof URL) return undefined
  if (typeof cgroup === 'object' && cgroup !== null && 'fd' in cgroup) {
    return checkInteger('cgroup.fd', cgroup.fd, 0, 2 ** 31 - 1)
  }
  throw invalidArgType('cgroup', 'a path (string, Buffer or URL), a descriptor, or an object with an fd', cgroup)
}

function openDirectory(path: string | Uint8Array, text: string): number {
  try {
    return openSync(Buffer.from(path), constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (cause) {
    const { errno, code: errnoName } = cause as NodeJS.ErrnoException
    const details = { syscall: 'open', path: text, cause, ...(errno && { errno }), ...(errnoName && { errnoName }) }
    if (errnoName === 'ENOTDIR') {
      throw new EbpfError('ERR_EBPF_NOT_CGROUP', `"${text}" is not a directory. ${whereCgroupsAre()}`, details)
    }
    throw new EbpfError('ERR_EBPF_FILE', `Cannot open the cgroup "${text}": ${errnoName}. ${advice(details)}`, details)
  }
}

function advice(details: EbpfErrorDetails): string {
  return (
    descriptorAdvice(details) ??
    `${details.errnoName === 'ENOENT' ? 'Make it first (mkdir). ' : ''}${whereCgroupsAre()}`
  )
}

/** The kernel says EBADF to every directory that is not a cgroup v2. Only then is it looked at more closely. */
function explained<T>(fd: number, path: string | undefined, use: (fd: number) => T): T {
  try {
    return use(fd)
  } catch (error) {
    if (EbpfError.isEbpfError(error) && error.errnoName === nameOfErrno(9)) throw notCgroup(fd, path, error)
    throw error
  }
}

function notCgroup(fd: number, path: string | undefined, cause: EbpfError): EbpfError {
  const { syscall = '', errno = 0, errnoName = '' } = cause
  const found = whatIsOpenAt(fd)
  if (found === 'a cgroup v2 directory') return cause
  const name = path === undefined ? `Descriptor ${fd}` : `"${path}"`
  const message = `${found === notOpen ? `${name} is not open` : `${name} is ${found}, not a cgroup v2 directory`}. ${whereCgroupsAre()}`
  return new EbpfError('ERR_EBPF_NOT_CGROUP', message, {
    syscall,
    errno,
    errnoName,
    ...(path !== undefined && { path }),
    cause,
  })
}

/** File systems by their magic numbers, linux/magic.h. */
const cgroupV2Magic = 0x63677270
const cgroupV1Magic = 0x27e0eb

const notOpen = 'not open'

function whatIsOpenAt(fd: number): string {
  const path = `/proc/self/fd/${fd}`
  try {
    const target = readlinkSync(path)
    if (!target.startsWith('/')) return `something else (${target})`
    if (!statSync(path).isDirectory()) return 'a file'
    const { type } = statfsSync(path)
    if (type === cgroupV2Magic) return 'a cgroup v2 directory'
    return type === cgroupV1Magic ? 'a cgroup v1 directory' : 'a directory outside every cgroup hierarchy'
  } catch {
    return notOpen // Nothing is there to be asked.
  }
}

function whereCgroupsAre(): string {
  const points = cgroupV2MountPoints()
  return points.length === 0 ? 'cgroup v2 is not mounted here.' : `cgroup v2 is mounted at ${points.join(' and ')}.`
}

/** Where the cgroup v2 hierarchy is mounted, from `/proc/self/mounts` (proc(5)). */
function cgroupV2MountPoints(): string[] {
  try {
    return readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, , type]) => type === 'cgroup2')
      .map(([, point = '']) =>
        point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
      )
  } catch {
    return [] // No /proc: the advice is left out.
  }
}
