// Turns of what must not overlap, and stacks of those who wait.
import test from 'ava'
import { Queue, withStackOf } from '../../dist/promises.js'

test('a Queue starts the first job at once', (t) => {
  let started = false
  void new Queue().run(async () => {
    started = true
  })
  t.true(started)
})

test('a Queue runs its jobs one after the other, in the order in which they came', async (t) => {
  const queue = new Queue()
  const order: string[] = []
  const job = (name: string) => async () => {
    order.push(`${name} begins`)
    await turns(5)
    order.push(`${name} ends`)
    return name
  }
  const results = await Promise.all(['a', 'b', 'c'].map((name) => queue.run(job(name))))
  t.deepEqual(results, ['a', 'b', 'c'])
  t.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('a job that comes while another one runs starts only when it has ended', async (t) => {
  const queue = new Queue()
  let ended = false
  const first = queue.run(async () => {
    await turns(5)
    ended = true
  })
  await turns(1)
  t.true(await queue.run(async () => ended))
  await first
})

test('a rejection reaches who ran the job, and does not stop the queue', async (t) => {
  const queue = new Queue()
  const refused = queue.run(async () => {
    await turns(1)
    throw new Error('refused')
  })
  const next = queue.run(async () => 'next')
  await t.throwsAsync(refused, { message: 'refused' })
  t.is(await next, 'next')
  t.is(await queue.run(async () => 'last'), 'last')
})

test('a job that throws before it returns a promise rejects, and does not stop the queue', async (t) => {
  const queue = new Queue()
  const refused = queue.run(() => {
    throw new Error('at once')
  })
  await t.throwsAsync(refused, { message: 'at once' })
  t.is(await queue.run(async () => 'next'), 'next')
})

test('a Queue that is idle again starts a job at once', async (t) => {
  const queue = new Queue()
  await queue.run(async () => turns(1))
  let started = false
  void queue.run(async () => {
    started = true
  })
  t.true(started)
})

test('withStackOf gives the value on', async (t) => {
  t.is(await withStackOf(theMethod, Promise.resolve(7)), 7)
})

test('withStackOf gives a rejection the stack of who called the method', async (t) => {
  const error = new RangeError('too much')
  error.stack = 'RangeError: too much\n    at the thread of the pool'
  const caught = await t.throwsAsync(theCaller(error))
  t.is(caught, error)
  const [head, frame] = (caught.stack ?? '').split('\n')
  t.is(head, 'RangeError: too much')
  t.regex(frame ?? '', /theCaller/)
  t.notRegex(caught.stack ?? '', /theMethod|the thread of the pool/)
})

test('withStackOf gives rejections on that are no errors', async (t) => {
  await t.throwsAsync(withStackOf(theMethod, Promise.reject('text')), { any: true, is: 'text' as never })
})

async function theCaller(reason: Error): Promise<unknown> {
  return theMethod(Promise.reject(reason))
}

async function theMethod(promise: Promise<unknown>): Promise<unknown> {
  return withStackOf(theMethod, promise)
}

/** Lets everything else run that is ready to. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}
