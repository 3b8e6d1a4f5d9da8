// What an object says about itself: names, layouts and types. Read when somebody first asks, and not by the addon.

import type { Codec } from '../btf/codec.ts'
import { btf } from '../btf/door.ts'
import type { ObjectFile, ObjectMap } from '../btf/object.ts'
import { mapClassOf } from '../btf/map-classes.ts'
import { ringRecordId } from '../btf/ring-record.ts'
import { namedType } from '../events/named-types.ts'
import type { MapTypes } from '../maps/types.ts'
import { variablesOf, type Variable } from './variables.ts'

/** Classes of maps that hold records, not values. */
const eventMaps = ['RingBuf', 'PerfEventArray']

/** The contents of an object file. */
export class Contents {
  #bytes: Uint8Array | undefined
  #file: ObjectFile | undefined
  #variables: ReadonlyMap<string, Variable> | undefined

  /** @param bytes The file. It must not change any more, and is kept until the contents are read. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /**
   * Changes with everything that generated types depend on.
   *
   * @throws {EbpfError} `ERR_EBPF_PARSE`, `ERR_EBPF_BTF`.
   */
  get fingerprint(): string {
    return this.#read().fingerprint
  }

  /**
   * The global variables by name, in the order of their sections.
   *
   * @throws {EbpfError} `ERR_EBPF_PARSE`, `ERR_EBPF_BTF`.
   */
  get variables(): ReadonlyMap<string, Variable> {
    this.#variables ??= variablesOf(this.#read())
    return this.#variables
  }

  /** The types of a map of the object: bytes where it says nothing. The file is read when they are asked for. */
  typesOf(name: string): MapTypes {
    return this.#types(() => this.#read().maps.find((map) => map.name === name))
  }

  #types(find: () => ObjectMap | undefined): MapTypes {
    const codec = (map: ObjectMap | undefined, id: number | undefined): Codec | undefined => {
      // Global variables are many values: their section is read as bytes.
      return id === undefined || map?.kind === 'data' ? undefined : this.#read().btf?.codecIfAny(id)
    }
    const record = ({ mapType, name, valueTypeId }: ObjectMap): Codec | undefined => {
      const types = this.#read().btf
      if (types === undefined || !eventMaps.includes(mapClassOf(mapType).className)) return undefined
      // The values of a perf event array are descriptors.
      const stated = mapClassOf(mapType).className === 'RingBuf' ? valueTypeId : undefined
      const id = stated ?? ringRecordId(types, name)
      return id === undefined ? undefined : types.codecIfAny(id)
    }
    const inner = (map: ObjectMap | undefined): MapTypes | undefined =>
      map?.inner === undefined ? undefined : this.#types(() => map.inner)
    return {
      get key() {
        const map = find()
        return codec(map, map?.keyTypeId)
      },
      get value() {
        const map = find()
        return codec(map, map?.valueTypeId)
      },
      get inner() {
        return inner(find())
      },
      get record() {
        const map = find()
        return map && record(map)
      },
      named: (name) => {
        const types = this.#read().btf
        return types && namedType(types, name)
      },
    }
  }

  #read(): ObjectFile {
    this.#file ??= btf().readObject(this.#bytes ?? new Uint8Array())
    this.#bytes = undefined
    return this.#file
  }
}
