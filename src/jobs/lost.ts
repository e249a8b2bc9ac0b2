/** Remembers since when jobs are seen among the lost ones, and answers those that have been for `patienceMs`. */
export function lostForLong(patienceMs: number): (lost: readonly string[]) => readonly string[] {
  let since = new Map<string, number>()
  return (lost) => {
    const now = performance.now()
    since = new Map(lost.map((id) => [id, since.get(id) ?? now]))
    return lost.filter((id) => now - Number(since.get(id)) >= patienceMs)
  }
}
