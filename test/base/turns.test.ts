import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { encodePassword, hashPassword, verifyPassword } from '../../src/auth/sign-in/password.ts'
import { quickly, requireNoTransaction } from '../../src/pace/slow.ts'
import { nextTurn } from '../../src/pace/turns.ts'

test('however much long work there is, a turn of the event loop does one piece of it', async () => {
  const perTurn: number[] = []
  let pieces = 0
  let isOver = false
  const work = async () => {
    for (let piece = 0; piece < 20; piece++) {
      await nextTurn()
      pieces += 1
    }
  }
  const watch = async () => {
    while (!isOver) {
      const before = pieces
      await setImmediate()
      perTurn.push(pieces - before)
    }
  }
  const watching = watch()
  await Promise.all([work(), work(), work()])
  isOver = true
  await watching
  expect(pieces).toBe(60)
  expect(Math.max(...perTurn)).toBe(1)
})

test('nothing slow begins in a transaction, whatever comes in between', async () => {
  const hash = await hashPassword(encodePassword('secret'))
  const slow = [
    () => hashPassword(encodePassword('secret')),
    () => verifyPassword(encodePassword('secret'), hash),
    () => nextTurn()
  ]
  for (const begin of slow) {
    const inTransaction = quickly(async () => {
      await setImmediate()
      return begin()
    })
    await expect(inTransaction).rejects.toThrow('too long for a transaction')
  }
  expect(() => requireNoTransaction('this')).not.toThrow()
})
