// Writes the values that go with the types of an object as JavaScript: an ES module, or CommonJS.

import type { Model } from './model.ts'
import { commented, quoted } from './names.ts'

/** The kinds of modules that there are. */
export type ModuleKind = 'esm' | 'commonjs'

/** The enums, and the constant that carries the types; {@link declarations} writes these. */
export function javaScript(model: Model, kind: ModuleKind): string {
  const enums = model.declarations.flatMap((declaration) => (declaration.kind === 'enum' ? [declaration] : []))
  const values = [
    ...enums.map(({ name, constants }) => {
      const lines = constants.map((constant) => `  ${constant.name}: ${constant.value},\n`).join('')
      return { name, value: `Object.freeze({\n${lines}})` }
    }),
    { name: model.name, value: `{\n  fingerprint: ${quoted(model.fingerprint)},\n}` },
  ]
  const strict = kind === 'esm' ? [] : ["'use strict'\n"]
  return [`// ${commented(model.header)}\n`, ...strict, ...values.map((one) => exported(one, kind))].join('\n')
}

function exported({ name, value }: { name: string; value: string }, kind: ModuleKind): string {
  return kind === 'esm' ? `export const ${name} = ${value}\n` : `exports.${name} = ${value}\n`
}
