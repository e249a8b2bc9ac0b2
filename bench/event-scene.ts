import type { Loader } from './loader.ts'
import type { Setting } from './measure.ts'
import type { Receiver } from './receiver.ts'
import type { Target } from './target.ts'

/** The one server on a database, and whom it sends events to. */
export interface EventScene {
  readonly databaseUrl: string
  readonly loader: Loader
  readonly target: Target
  readonly setting: Setting
  readonly receiver: Receiver
}
