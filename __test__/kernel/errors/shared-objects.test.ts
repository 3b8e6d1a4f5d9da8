// Objects in memory that another thread writes to at the same moment.
import test from 'ava'
import { commandOf, startChild } from '../../helpers/children.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

test('an object that changes while it is opened is opened or refused, and never ends the process', async (t) => {
  const child = startChild(t, commandOf('./shared-object-actor.ts'))
  const { opened } = await child.next<{ opened: number }>()
  t.true(opened > 0)
  const { code, signal } = await child.ended
  t.deepEqual({ code, signal }, { code: 0, signal: null })
})
