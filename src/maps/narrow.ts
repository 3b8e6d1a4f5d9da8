// What is said of a map that is not of the class that somebody wants: both are named.

import { notInstance } from '../arguments.ts'
import { mapClasses } from '../btf/map-classes.ts'
import { EbpfError, errorCodes } from '../errors.ts'
import { takeMiss } from '../programs/miss.ts'
import { calledFirst } from './called.ts'

/** The error for something that is not of the class `expected`. `mapType` is its type, if it is a map. */
export function notOfClass(expected: string, map: unknown, mapType: string | undefined): Error {
  if (map === null) return missing()
  if (mapType === undefined) return notInstance('map', 'MapBase', map, ' or null')
  const named = map as { readonly name: string }
  const message = `${calledFirst(named)} is ${why(expected, mapType)}`
  return new EbpfError('ERR_EBPF_UNEXPECTED_MAP_TYPE', message, { map: named.name, expected, actual: mapType })
}

/** A map of the right type is not of its class only where it is seen as bytes. */
function why(expected: string, mapType: string): string {
  if (mapClasses.some((known) => known.mapType === mapType && known.className === expected)) {
    return `seen as bytes here, though it is of type ${mapType}: give ${expected}.tryFrom the map that asBytes() was called on.`
  }
  const article = /^[AEIOU]/.test(expected) ? 'an' : 'a'
  return `of type ${mapType}, not ${article} ${expected}. ${errorCodes.ERR_EBPF_UNEXPECTED_MAP_TYPE.remedy}`
}

/** Why `null` came to be: mostly a misspelled name. */
function missing(): EbpfError {
  return takeMiss('map') ?? new EbpfError('ERR_EBPF_NOT_FOUND', 'There is no such map: it is null.')
}
