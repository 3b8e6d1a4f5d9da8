// The commands, by name; each is loaded when it is asked for.

import type { Command } from './command.ts'

/** Name → how to load it. */
const loaders = {
  types: async () => (await import('./commands/types.ts')).types,
  inspect: async () => (await import('./commands/inspect.ts')).inspect,
} as const satisfies Record<string, () => Promise<Command>>

/** The names of all commands. */
export const commandNames: readonly string[] = Object.keys(loaders)

/** The command of this name. */
export async function commandNamed(name: string): Promise<Command | undefined> {
  return Object.hasOwn(loaders, name) ? loaders[name as keyof typeof loaders]() : undefined
}

/** All commands. */
export async function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(loaders).map(async (load) => load()))
}
