/** Notes when jobs are first seen lost, and returns those lost for `patienceMs`. */
export function lostForLong(patienceMs: number): (lost: readonly string[]) => readonly string[] {
  let since = new Map<string, number>()
  return (lost) => {
    const now = performance.now()
    since = new Map(lost.map((id) => [id, since.get(id) ?? now]))
    return lost.filter((id) => now - Number(since.get(id)) >= patienceMs)
  }
}
