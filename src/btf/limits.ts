// How much of what a file may ask for: more than any honest object has, less than what hurts.

/** The longest name, in bytes: the kernel takes 511, mangled names of C++ and Rust can be longer. */
export const maxNameLength = 4096

/** How many bytes all names of a table may have, when each is read from where it begins: names can overlap. */
export const maxNameBytes = 2 ** 26

/** How deep types may refer to one another: typedefs of typedefs, structs in structs. */
export const maxDepth = 64

/** The largest size of a type or a section, in bytes: sizes have 32 bits in BTF and in bpf(2). */
export const maxSize = 2 ** 32 - 1

/** How many types one blob may hold: a kernel with everything in it has some 200,000. */
export const maxTypes = 2 ** 22

/** How many members a struct has, those of its anonymous members included. */
export const maxMembers = 2 ** 16

/** How many members are laid out for one blob: a kernel with everything in it has some 500,000. */
export const maxMembersOfAll = 2 ** 21

/** How many values of JavaScript one value consists of: at most this, … */
export const maxValues = 2 ** 24

/** … and at most so many more than it has bytes: a struct of size 0 can hold any number of others. */
export const maxValuesPerByte = 64
export const maxExtraValues = 1024
