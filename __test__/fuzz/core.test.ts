// What libbpf and ayajs make of relocations and of objects, for a moment; `npm run fuzz:core` compares them for as long as it is told to.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { figuresText, runCases } from '../../fuzz/core/cases.ts'
import { compareObjects, objectFiguresText } from '../../fuzz/core/objects.ts'
import { makeTools, type Tools } from '../../fuzz/core/tools.ts'
import { fixturePath } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

function prepare(t: ExecutionContext): { tools: Tools; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ayajs-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return { tools: makeTools(folder), folder }
}

test('programs that ask everything about random structs are relocated as by libbpf', async (t) => {
  const { tools, folder } = prepare(t)
  const said: string[] = []
  const say = (line: string): void => void said.push(line)
  const figures = await runCases({ tools, seed: 1, cases: 20, findings: folder, say })
  t.log(figuresText(figures))
  t.deepEqual(said, [])
  const { same, 'spoiled alike': spoiled, 'refused alike': refused } = figures.verdicts
  t.true(same > 500 && spoiled > 50 && refused > 50, 'does it still ask?')
})

test('programs and maps of objects are as those of libbpf', async (t) => {
  const { tools } = prepare(t)
  const said: string[] = []
  const say = (line: string): void => void said.push(line)
  const paths = ['matching', 'map_types', 'kinds', 'globals', 'perf'].map(fixturePath)
  const figures = await compareObjects({ tools, paths, say })
  t.log(objectFiguresText(figures))
  t.deepEqual(said, [])
  t.is(figures.unopened, 0)
  t.true(figures.programs > 20 && figures.maps > 20, 'does it still compare?')
})
