// Types of the options of loading, and of errors.
import { Btf, Ebpf, EbpfError, VerifierLogLevel } from 'ayajs'
import type {
  BatchesAsyncOptions,
  BatchesOptions,
  EbpfErrorCode,
  EbpfLoader,
  EbpfLoggerOptions,
  errorCodes,
  EventBatchesOptions,
  LinkAttachOptions,
  LoadOptions,
  MapOptions,
  MultipleAttachOptions,
  PushOptions,
  QueryOptions,
  ReplaceAttachOptions,
  SetOptions,
  SingleAttachOptions,
  TestRunOptions,
  UpdateOptions,
  WalkOptions,
  WriteTypesOptions,
} from 'ayajs'
import { exactly, leavesOut, same } from './expect.ts'

const path = 'filter.bpf.o'

Ebpf.loadFile(path, {
  btf: Btf.fromSysFs(),
  allowUnsupportedMaps: true,
  defaultMapPinDirectory: '/sys/fs/bpf/app',
  globals: { limit: new Uint8Array(4) },
  mapMaxEntries: { flows: 1024 },
  mapPinPath: { flows: new URL('file:///sys/fs/bpf/app/flows') },
  extensions: ['replacement'],
  verifierLogLevel: VerifierLogLevel.Verbose | VerifierLogLevel.Stats,
})
Ebpf.loadFile(path, { btf: null })
/** An option that is `undefined` is left out, also where a compiler tells the two apart. */
leavesOut<LoadOptions>()
leavesOut<TestRunOptions>()
leavesOut<QueryOptions>()
leavesOut<UpdateOptions>()
leavesOut<LinkAttachOptions>()
leavesOut<MultipleAttachOptions>()
leavesOut<ReplaceAttachOptions>()
leavesOut<SingleAttachOptions>()
leavesOut<WriteTypesOptions>()
leavesOut<EbpfLoggerOptions>()
leavesOut<WalkOptions>()
leavesOut<EventBatchesOptions>()
leavesOut<PushOptions>()
leavesOut<SetOptions>()
leavesOut<MapOptions>()
leavesOut<BatchesOptions>()
leavesOut<BatchesAsyncOptions>()
// @ts-expect-error the number must be one
leavesOut<{ count?: number }>()

// @ts-expect-error no such option
Ebpf.loadFile(path, { maxEntries: { flows: 1024 } })
// @ts-expect-error no such option, in loadAsync either
void Ebpf.loadAsync(new Uint8Array(), { global: {} })
Ebpf.loadFile(path, { globals: { limit: 10, origin: { x: 1 } } })
// @ts-expect-error globals have names
Ebpf.loadFile(path, { globals: 10 })
// @ts-expect-error a number of entries is a number
Ebpf.loadFile(path, { mapMaxEntries: { flows: '1024' } })
// @ts-expect-error extensions are a list
Ebpf.loadFile(path, { extensions: 'replacement' })
// @ts-expect-error a path is no number
Ebpf.loadFile(3)
// @ts-expect-error an object is bytes
Ebpf.load('filter.bpf.o')
// @ts-expect-error elements of 16 bits are no bytes
Ebpf.load(new Uint16Array(1))
// @ts-expect-error types are given by an ObjectType
Ebpf.loadFile(path, { as: 'Filter' })

export function chained(loader: EbpfLoader): void {
  exactly<EbpfLoader>()(
    loader
      .btf(null)
      .allowUnsupportedMaps()
      .defaultMapPinDirectory('/sys/fs/bpf')
      .overrideGlobal('limit', new Uint8Array(4), true)
      .mapMaxEntries('flows', 1)
      .mapPinPath('flows', '/sys/fs/bpf/flows')
      .extension('replacement')
      .verifierLogLevel(VerifierLogLevel.Disable),
  )
  // @ts-expect-error whether the variable must exist is to be told
  loader.overrideGlobal('limit', new Uint8Array(4))
}

export function frozen(options: LoadOptions): void {
  // @ts-expect-error options are not changed
  options.verifierLogLevel = 1
  // @ts-expect-error levels are not changed
  VerifierLogLevel.Debug = 2
}

export function errors(error: unknown): void {
  if (!EbpfError.isEbpfError(error)) return
  exactly<EbpfError>()(error)
  exactly<EbpfErrorCode>()(error.code)
  exactly<string | undefined>()(error.verifierLog)
  exactly<readonly string[] | undefined>()(error.missingCapabilities)
  // @ts-expect-error no such code
  if (error.code === 'ERR_EBPF_CLOSE') return
  // @ts-expect-error errors are not changed
  error.code = 'ERR_EBPF_CLOSED'
}

same<EbpfErrorCode, keyof typeof errorCodes>()
