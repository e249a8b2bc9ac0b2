/** Something that takes memory and is opened on first use only, such as a client with its library. */
export interface OnDemand<Opened> {
  open(): Promise<Opened>
  /** Closes it if it was opened. */
  close(): Promise<void>
}

export function onDemand<Opened>(open: () => Promise<Opened>, close: (opened: Opened) => unknown): OnDemand<Opened> {
  let opening: Promise<Opened> | undefined
  return {
    open: () => {
      opening ??= open()
      return opening
    },
    close: async () => {
      if (opening) await close(await opening)
    }
  }
}
