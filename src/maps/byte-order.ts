// The byte order of this machine, which is that of everything in maps.

import { endianness } from 'node:os'

/** Whether numbers begin with their least significant byte here. */
export const isLittleEndian: boolean = endianness() === 'LE'
