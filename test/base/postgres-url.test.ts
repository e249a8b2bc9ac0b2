import { describe, expect, it } from 'vitest'
import { parsePostgresUrl, withDatabase } from '../../src/db/postgres-url.ts'

const SECRET = 'hush-hush'

describe('parsePostgresUrl', () => {
  it.each([
    ['postgres://', [{}], {}],
    ['postgresql://h', [{ host: 'h' }], {}],
    ['POSTGRES://h:5433/d', [{ host: 'h', port: 5_433 }], { database: 'd' }],
    ['postgres://u:p%40ss@h/d', [{ host: 'h' }], { user: 'u', password: 'p@ss', database: 'd' }],
    ['postgres://u@/d?host=/run/postgresql', [{ host: '/run/postgresql' }], { user: 'u', database: 'd' }],
    ['postgres:///d?host=/tmp&port=5433&user=u', [{ host: '/tmp', port: 5_433 }], { user: 'u', database: 'd' }],
    ['postgres://%2Fvar%2Frun/d', [{ host: '/var/run' }], { database: 'd' }],
    ['postgres://[::1]:5433,[fe80::1]/d', [{ host: '::1', port: 5_433 }, { host: 'fe80::1' }], { database: 'd' }],
    [
      'postgres://a:1,b:2,c/d?target_session_attrs=read-write',
      [{ host: 'a', port: 1 }, { host: 'b', port: 2 }, { host: 'c' }],
      { database: 'd', targetSession: 'read-write' }
    ],
    [
      'postgres:///?host=a,b&port=1,2&dbname=d%20e',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 }
      ],
      { database: 'd e' }
    ],
    [
      'postgres:///?host=a,b&port=9',
      [
        { host: 'a', port: 9 },
        { host: 'b', port: 9 }
      ],
      {}
    ],
    ['postgres://h?sslmode=prefer', [{ host: 'h' }], { sslMode: 'prefer' }]
  ])('reads %s', (text, hosts, rest) => {
    const { parameters, ...read } = parsePostgresUrl(text)
    const none = { user: undefined, password: undefined, database: undefined }
    expect(read).toEqual({ hosts, ...none, sslMode: undefined, targetSession: undefined, ...rest })
  })

  it.each([
    [`mysql://u:${SECRET}@h/d`, 'must be a postgres:// address'],
    [SECRET, 'must be a postgres:// address'],
    [`postgres://u:${SECRET}@[/d`, 'has a host that is none'],
    [`postgres://u:${SECRET}@a,,b/d`, 'has a host that is none'],
    [`postgres://u:${SECRET}@h:99999/d`, 'has a port that is none'],
    [`postgres://u:${SECRET}@h:x/d`, 'has a host that is none'],
    [`postgres://u:${SECRET}%zz@h/d`, 'has a percent sign that begins no escape'],
    [`postgres://u:${SECRET}@a,b,c/d?port=1,2`, 'must have one port, or one for every host'],
    [`postgres://h?sslmode=${SECRET}`, /^must have disable, .*, verify-full as sslmode$/],
    [`postgres://h?target_session_attrs=${SECRET}`, /^must have any, .*, prefer-standby as target_session_attrs$/],
    [`postgres://h?pgbouncer=true`, /^has a parameter that is not known \(pgbouncer\)\. Known are host, /],
    [`postgres://h?${SECRET}%20=1`, /^has a parameter that is not known \(one of its names\)/]
  ])('refuses %s without a word of what is secret', (text, message) => {
    expect(() => parsePostgresUrl(text)).toThrow(message)
    expect(() => parsePostgresUrl(text)).not.toThrow(SECRET)
  })
})

it.each([
  ['postgres://u:p%40@a:1,b/old?sslmode=require', 'postgres://u:p%40@a:1,b/a%20b?sslmode=require'],
  ['postgresql://h', 'postgres://h/a%20b'],
  ['postgres://u@/?host=/tmp', 'postgres://u@/a%20b?host=/tmp']
])('withDatabase changes nothing of %s but the database', (url, changed) => {
  expect(withDatabase(url, 'a b')).toBe(changed)
})
