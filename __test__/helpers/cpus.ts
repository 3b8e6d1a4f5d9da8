// The CPUs of this machine, as far as maps that are per CPU have to do with them.
import { readFileSync } from 'node:fs'

/** How many CPUs the kernel has room for values of: those that may come as well as those that are there. */
export function possibleCpus(): number {
  const ranges = readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim().split(',')
  return ranges
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0)
}
