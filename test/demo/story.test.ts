import { describe, expect, test } from 'vitest'
import { dayIn, instantWithin, lastMonth } from '../../demo/calendar.ts'
import { castOf, dueOf, rateOf } from '../../demo/cast.ts'
import { ASTRAY } from '../../demo/charges.ts'
import { narratorOn } from '../../demo/narrator.ts'
import { decimalFault } from '../../src/base/money.ts'

describe('the last full month', () => {
  test.each([
    ['2026-11-23T12:00:00.000Z', 'UTC', '2026-10-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z', 'October 2026'],
    // The clocks go back on 25 October.
    [
      '2026-11-23T12:00:00.000Z',
      'Europe/Berlin',
      '2026-09-30T22:00:00.000Z',
      '2026-10-31T23:00:00.000Z',
      'October 2026'
    ],
    // Still October in UTC.
    [
      '2026-10-31T23:30:00.000Z',
      'Europe/Berlin',
      '2026-09-30T22:00:00.000Z',
      '2026-10-31T23:00:00.000Z',
      'October 2026'
    ],
    ['2027-01-01T00:00:00.000Z', 'UTC', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z', 'December 2026'],
    ['2028-03-31T00:00:00.000Z', 'UTC', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z', 'February 2028']
  ])('of %s in %s', (now, timeZone, start, end, name) => {
    const month = lastMonth(now, timeZone)
    expect(month).toMatchObject({ start, end, name })
    expect(month.dayAfter).toBe(dayIn(timeZone, month.end))
    expect(month.dayAfter <= dayIn(timeZone, now)).toBe(true)
  })

  test('contains what happens at any share of it', () => {
    const month = lastMonth('2026-11-23T12:00:00.000Z', 'Europe/Berlin')
    expect(instantWithin(month, 0)).toBe(month.start)
    expect(instantWithin(month, 0.999999999) < month.end).toBe(true)
  })
})

describe('the cast', () => {
  const month = lastMonth('2026-11-23T12:00:00.000Z', 'UTC')
  const cast = castOf(200)
  const rates = cast.all.flatMap((one) => one.lines.map((line) => rateOf(one, line, month)))

  test('is as many as wanted, of three currencies, and the same at every time', () => {
    expect(new Set(cast.all.map(({ id }) => id)).size).toBe(200)
    expect(new Set(cast.all.map(({ currency }) => currency))).toEqual(new Set(['EUR', 'JPY', 'KWD']))
    expect(JSON.stringify(castOf(200))).toBe(JSON.stringify(cast))
    expect(cast.quiet.flatMap(({ lines }) => lines)).toEqual([])
  })

  test('has charges with ids of their own, fractions of the minor unit, and credits below zero', () => {
    expect(new Set(rates.map(({ externalId }) => externalId)).size).toBe(rates.length)
    const amounts = rates.map(({ taxExcludedAmount: { value } }) => value)
    expect(amounts.filter((amount) => decimalFault(String(amount)))).toEqual([])
    expect(amounts.some((amount) => !Number.isInteger(amount * 1_000))).toBe(true)
    const credits = rates.filter(({ type }) => type === 'appliedBillingCredit')
    expect(credits.length).toBeGreaterThan(10)
    expect(credits.every(({ taxExcludedAmount: { value } }) => value < 0)).toBe(true)
  })

  test('owes something, each of those who used anything', () => {
    const others = cast.all.filter((one) => !cast.quiet.includes(one))
    expect(others.filter((one) => dueOf(one).taxIncluded.lte(0))).toEqual([])
  })

  test('has one charge that is sent in a wrong currency', () => {
    const foreign = cast.all.flatMap((one) =>
      one.lines.filter((line) => rateOf(one, line).taxExcludedAmount.unit !== one.currency)
    )
    expect(foreign).toEqual([ASTRAY.charge])
    expect(cast.tom.lines).toContain(ASTRAY.charge)
  })
})

describe('the narrator', () => {
  function tell(isTerminal = false) {
    const written: string[] = []
    return { written, narrator: narratorOn({ isTerminal, write: (text) => written.push(text) }) }
  }

  test('numbers the chapters, and leaves a line before each sentence but the first', () => {
    const { narrator, written } = tell()
    narrator.chapter('One')
    narrator.say('First.')
    narrator.request('GET /it')
    narrator.answer('200  here')
    narrator.remark('and more')
    narrator.say('Second.')
    narrator.chapter('Two')
    narrator.command('npm run cli -- help')
    narrator.show('a\nb')
    expect(written.join('')).toBe(
      '\n1. One\n   First.\n   > GET /it\n   < 200  here\n     and more\n\n   Second.\n' +
        '\n2. Two\n   $ npm run cli -- help\n   a\n   b\n'
    )
  })

  test('breaks sentences between words and requests behind commas, and cuts a request that is too long', () => {
    const { narrator, written } = tell()
    narrator.say('word '.repeat(50).trim())
    narrator.request(`POST /it ${'{"name":"value"},'.repeat(50)}`)
    const lines = written.join('').split('\n').slice(1, -1)
    expect(lines.map((line) => line.length <= 120)).not.toContain(false)
    expect(lines.slice(0, 3).join(' ').match(/word/g)).toHaveLength(50)
    expect(lines[3]).toMatch(/^ {3}> POST \/it (\{"name":"value"\},)+$/)
    expect(lines[4]).toMatch(/^ {5}(\{"name":"value"\},)+$/)
    expect(lines[5]).toMatch(/^ {5}(\{"name":"value"\},)+…$/)
    expect(lines).toHaveLength(6)
  })

  test('indents progress, also where it is written over', () => {
    const { narrator, written } = tell(true)
    narrator.screen.write('\r[##]')
    narrator.screen.write('\n')
    narrator.screen.write(' 10 %\n')
    expect(written).toEqual(['\r   [##]', '\n', '    10 %\n'])
  })
})
