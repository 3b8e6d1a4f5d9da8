// Generated code without its texts: what names of an object could have changed, and must not have.
import * as primitives from '../../dist/btf/primitives.js'
import * as refuse from '../../dist/btf/refuse.js'

/** Code with its strings as `S` and its comments as `C`; nothing here follows the generators: only the grammar of JavaScript. */
export function skeletonOf(code: string): string {
  const tokens =
    /(\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)|'(?:[^'\\\n\r]|\\[^\n\r])*'|"(?:[^"\\\n\r]|\\[^\n\r])*"|['"`]|\/[/*]/g
  return code.replace(tokens, (token, comment: string | undefined) => {
    if (comment !== undefined) {
      if (/[\n\r\u2028\u2029]/.test(comment)) throw new Error(`a comment has several lines: ${comment.slice(0, 200)}`)
      return 'C'
    }
    if (token.length < 2 || token === '/*') throw new Error(`a ${token} is left over at the end of a text`)
    return 'S'
  })
}

/** Throws where the code of a codec has a word or a sign that generated code has not. */
export function checkCodec(code: string): void {
  const skeleton = skeletonOf(code)
  const strange = /[^\w$\s()[\]{}.,:;=+\-*<>!&|?]/.exec(skeleton)
  if (strange !== null) throw new Error(`a codec has the sign ${JSON.stringify(strange[0])}`)
  if (skeleton.includes('C')) {
    const comment = /(?<![\w$])C(?![\w$])/.exec(skeleton)
    if (comment !== null) throw new Error('a codec has a comment')
  }
  for (const [word] of skeleton.matchAll(/[A-Za-z_$][\w$]*/g)) {
    if (!codecWords.has(word) && !/^(?:(?:de|en)code_?\d+|x\d+)$/.test(word))
      throw new Error(`a codec has the word ${word}`)
  }
}

const codecWords: ReadonlySet<string> = new Set([
  ...Object.keys(primitives),
  ...Object.keys(refuse),
  ...`S n const return function size decode encode memory view bytes longs o value path v b q primitives refuse constants let for if
  else throw in key values end i push length typeof instanceof Array isArray Uint8Array Number isInteger isFinite Math
  fround BigInt undefined null true false fill getUint8 getInt8 getUint16 getInt16 getUint32 getInt32 getFloat32 getFloat64
  getBigInt64 getBigUint64 setUint8 setInt8 setUint16 setInt16 setUint32 setInt32 setFloat32 setFloat64 setBigInt64
  setBigUint64`.match(/\S+/g)!,
])

const name = String.raw`[A-Za-z_$][\w$]*`
const type = String.raw`[\w$<>[\], |{}]+`

/** Lines of generated TypeScript and JavaScript, of which nothing is executed but definitions and `Object.freeze`. */
const lines: readonly RegExp[] = [
  '',
  'C',
  'S', // 'use strict'
  `import type \\{(?: ${name}(?:, ${name})* \\} from S)?`,
  `\\s+${name},`,
  String.raw`\} from S`,
  `export interface ${name} \\{\\}?`,
  String.raw`\s*\}`,
  `\\s+(?:readonly )?${name}\\??:(?:${type})?`,
  `\\s*\\| ${name}(?:\\[\\])*`,
  `\\s+${type}`,
  `export (?:declare )?const ${name}(?:: ObjectType<${name}>)?(?: =)?(?: (?:Object\\.freeze\\()?\\{)?`,
  `export declare const ${name}: (?:ObjectType<${name}>|\\{)`,
  `exports\\.${name} = (?:Object\\.freeze\\()?\\{`,
  String.raw`\s+(?:(?:readonly )?${name}|S|\[S\]|(?:readonly )?\[S\]): -?\d+n?,?`,
  String.raw`\s+fingerprint: S,`,
  String.raw`\s*\}(?: as const|\))?`,
  String.raw`\s+\{`,
  `Object\\.freeze\\(${name}\\)`,
  `export type ${name} =(?: \\(typeof ${name}\\)\\[keyof typeof ${name}\\] \\| \\((?:number|bigint) & \\{\\}\\))?`,
  String.raw`\s+(?:\| )?\(typeof ${name}\)\[keyof typeof ${name}\](?: \| \((?:number|bigint) & \{\}\))?`,
  String.raw`\s+\| \((?:number|bigint) & \{\}\)`,
].map((source) => new RegExp(`^${source}$`))

/** Throws where a generated file has a line of a form that generated files have not. */
export function checkFile(text: string): void {
  for (const line of skeletonOf(text).split('\n')) {
    if (!lines.some((form) => form.test(line))) throw new Error(`a generated file has the line ${JSON.stringify(line)}`)
  }
}

/** The code that was made out of strings while `run` ran. */
export function codeOf(run: () => void): string[] {
  const real = globalThis.Function
  const texts: string[] = []
  globalThis.Function = new Proxy(real, {
    construct(target, parts: string[]) {
      texts.push(parts.at(-1) ?? '')
      return Reflect.construct(target, parts) as object
    },
  })
  try {
    run()
  } finally {
    globalThis.Function = real
  }
  return texts
}
