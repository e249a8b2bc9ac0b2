/** Something to do in the order of its position, after all others of its lane. */
export interface Queued {
  readonly position: number
  readonly lane: string
}

export interface Control<T> {
  /** How many may be under way now. */
  readonly limit: () => number
  /** Whether to begin further ones. */
  readonly mayBegin: () => boolean
  /** Returns whether the next one of the lane may follow. Must not throw. */
  readonly work: (item: T) => Promise<boolean>
}

/**
 * Works the items of each lane off one after another, in their order, and several lanes at the same time; those of the
 * lowest positions come first. Resolves when nothing is under way and nothing may begin.
 */
export function runLanes<T extends Queued>(items: readonly T[], { limit, mayBegin, work }: Control<T>): Promise<void> {
  const ready = [...Map.groupBy(items, ({ lane }) => lane).values()].map((lane) => ({ lane, at: 0 }))
  const headOf = ({ lane, at }: (typeof ready)[number]) => Number(lane[at]?.position)
  let underWay = 0
  return new Promise((resolve, reject) => {
    begin()

    function begin(): void {
      while (ready.length > 0 && underWay < limit() && mayBegin()) {
        const first = ready.reduce((least, one, at) => (headOf(one) < headOf(ready[least] ?? one) ? at : least), 0)
        for (const one of ready.splice(first, 1)) run(one)
      }
      if (underWay === 0) resolve()
    }

    function run(one: (typeof ready)[number]): void {
      const item = one.lane[one.at]
      if (!item) return
      underWay += 1
      work(item).then((isDone) => {
        underWay -= 1
        one.at += 1
        if (isDone && one.at < one.lane.length) ready.push(one)
        begin()
      }, reject)
    }
  })
}
