import path from 'node:path'
import { importsOf, roomOf, type Tree } from './tidy-tree.ts'

/**
 * The rooms, floor by floor from the ground. A floor has wings, which do not know each other. The rooms of a wing stand
 * in a row; each may use those before it.
 */
const FLOORS: readonly (readonly (readonly string[])[])[] = [
  [['src/messages', 'src/base']],
  [['src/pace', 'src/image', 'src/db', 'src/db/embedded']],
  [['src/http'], ['src/audit'], ['src/jobs'], ['src/fairness']],
  [
    ['declaration', 'query', '', 'bulk', 'openapi', 'serving'].map((room) => path.posix.join('src/tmf', room)),
    ['keys', 'access', 'sign-in', 'oauth', 'sso', 'captcha', ''].map((room) => path.posix.join('src/auth', room)),
    ['src/ledger']
  ],
  [['src/resources'], ['src/admin'], ['src/accounts']],
  [
    [
      'cycles',
      'drafts',
      'corrections',
      'disputes',
      'payments',
      'incoming',
      'review',
      'issuing',
      'engine',
      'runs',
      'on-demand',
      'statement',
      ''
    ]
      .map((room) => path.posix.join('src/billing', room))
      .concat('src/corrections', 'src/disputes'),
    ['src/explanation', ...['content', 'csv', 'html', 'pdf', ''].map((room) => path.posix.join('src/documents', room))]
  ],
  [
    ['src/books', 'src/upload/camt', 'src/upload/file', 'src/upload', 'src/comparison', 'src/dunning', 'src/events'],
    ['src/overdue'],
    ['src/review'],
    ['src/mail', 'src/auth/customers', 'src/pages', 'src/portal', 'src/partner-api']
  ],
  [['src/cli'], ['src/verification'], ['src/metrics']],
  // The composition, which knows every room.
  [['src']],
  // Users of the server.
  [['sample-data'], ['prisma']],
  [['demo'], ['bench'], ['ctk', 'postman']]
]

interface Place {
  readonly floor: number
  readonly wing: number
  readonly at: number
}

const PLACES: ReadonlyMap<string, Place> = new Map(
  FLOORS.flatMap((wings, floor) =>
    wings.flatMap((rooms, wing) => rooms.map((room, at) => [room, { floor, wing, at }] as const))
  )
)

/** Where the embedded database is filled: the only way up, at run time. */
const UPWARD = [
  ['src/store.ts', 'sample-data/demo.ts'],
  ['src/store.ts', 'sample-data/credentials.ts'],
  ['src/store.ts', 'sample-data/reseller.ts'],
  ['src/cli.ts', 'sample-data/demo.ts'],
  ['src/banner.ts', 'sample-data/credentials.ts']
]

/** Returns forbidden imports, and files without a room. */
export function roomFaults(tree: Tree): readonly string[] {
  return [...tree.keys()]
    .filter((file) => !file.startsWith('test/'))
    .flatMap((file) => {
      const room = PLACES.get(roomOf(file))
      if (!room) return [`${file} stands in no room of the house`]
      return importsOf(tree, file)
        .filter((imported) => roomOf(imported) !== roomOf(file) && !mayUse(room, PLACES.get(roomOf(imported))))
        .filter((imported) => !UPWARD.some(([from, to]) => from === file && to === imported))
        .map((imported) => `${file} imports ${imported}`)
    })
}

function mayUse(room: Place, other: Place | undefined): boolean {
  if (!other) return false
  if (other.floor < room.floor) return true
  return other.floor === room.floor && other.wing === room.wing && other.at < room.at
}
