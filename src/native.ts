// The only door to the generated binding. It opens on first use, so that importing works everywhere.

import type * as Binding from '../index.js'
import { EbpfError } from './errors.ts'
import { toError, type Failure } from './failure.ts'

export type { Binding }

/** The binding; throws `ERR_EBPF_UNSUPPORTED_PLATFORM` where there is none. */
export function native(): typeof Binding {
  binding ??= open()
  return binding
}

let binding: typeof Binding | undefined

/** Where a binding is built for. */
const architectures = ['x64', 'arm64']

function open(): typeof Binding {
  const { platform, arch } = process
  if (platform !== 'linux' || !architectures.includes(arch)) {
    const message = `ayajs has no native binding for ${platform} ${arch}: eBPF is a part of Linux, and bindings are built for Linux on ${architectures.join(' and ')}.`
    throw new EbpfError('ERR_EBPF_UNSUPPORTED_PLATFORM', message, { feature: `${platform}-${arch}` })
  }
  let opened: typeof Binding
  try {
    opened = require('ayajs/native') as typeof Binding
  } catch (cause) {
    const name = `@ayajs/binding-linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`
    const message = `The native binding of ayajs cannot be loaded: the package ${name} is missing or broken. Install it: npm install --include=optional ayajs (lock files made on another platform, and --omit=optional, leave it out).`
    throw new EbpfError('ERR_EBPF_UNSUPPORTED_PLATFORM', message, { feature: name, cause })
  }
  opened.setErrorFactory(createError)
  return opened
}

/** Called by the addon on every failure, so that no call needs a try and catch of its own. */
function createError(failure: object): Error {
  const error = toError(failure as Failure)
  Error.captureStackTrace(error, createError)
  return error
}

function isMusl(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime === undefined
}
