// Names that somebody has chosen who wants them to become code, or to break what prints them.

type Random = (limit: number) => number

/** Each means something to JavaScript, TypeScript, a terminal, or an object of JavaScript. */
export const evilNames: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'valueOf',
  'then',
  'length',
  'eval',
  'import',
  'default',
  'await',
  'class',
  "'",
  '"',
  '`',
  '\\',
  "\\'",
  '\\"',
  '\\u0027',
  '\\u{27}',
  '${globalThis.pwned=1}',
  '`${globalThis.pwned=1}`',
  "']; globalThis.pwned = 1; //",
  '"]; globalThis.pwned = 1; //',
  "' + (globalThis.pwned = 1) + '",
  '" + (globalThis.pwned = 1) + "',
  '"}; globalThis.pwned = 1; ({"',
  "'}; globalThis.pwned = 1; ({'",
  ') { } globalThis.pwned = 1; //',
  '*/ globalThis.pwned = 1 /*',
  '*/',
  '/*',
  '*\\/',
  '//',
  '<!--',
  '-->',
  '</script>',
  '#!',
  '\n',
  '\r',
  '\r\nglobalThis.pwned = 1\n',
  '\u2028',
  '\u2029globalThis.pwned = 1\u2029',
  '\u0085',
  '\u202E',
  '\u200B',
  '\uFEFF',
  '\u001B[2J',
  '\u0001',
  '\u007F',
  '\u{1F4A3}',
  '\u{E0041}',
  'ü',
  'ﬀ',
  ' ',
  '.',
  '0',
  '1e9',
  '-1',
  '0x1',
  '[0]',
  'a-b',
  'a.b',
  '$&',
  "$'",
  '$`',
  'x'.repeat(63),
  'x'.repeat(64),
  'x'.repeat(511),
  'x'.repeat(4096),
  '\u0001'.repeat(4096),
  '"'.repeat(700),
  '\\'.repeat(701),
]

/** One of them, several in a row, or plain letters. */
export function randomName(random: Random): string {
  const choice = random(8)
  if (choice < 4) return evilNames[random(evilNames.length)]!
  if (choice < 6)
    return Array.from({ length: 1 + random(4) }, () => randomName(random))
      .join('')
      .slice(0, 1000)
  if (choice < 7) return String.fromCodePoint(1 + random(0xd7fe))
  return `n${random(1000)}`
}
