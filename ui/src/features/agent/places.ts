// Places in the project that an agent's words name: `src/App.tsx:12` and links of that shape.

export type FilePlace = { path: string; line: number; end?: number }

/** `path`, `path:line`, `path:line-end` or `path#Lline`; undefined when it is no path of a file with an extension. */
export function placeOf(text: string): FilePlace | undefined {
  const found =
    /^(?:\.\/)?([\w@()[\]. -]+(?:\/[\w@()[\]. -]+)*\.[a-z0-9]{1,8})(?:(?::|#L)(\d+)(?:[-–](?:L)?(\d+))?)?$/i.exec(
      text,
    )
  if (!found?.[1] || /^https?:/i.test(text) || found[1].split('/').includes('..')) return undefined
  return {
    path: found[1],
    line: Number(found[2] ?? 1),
    ...(found[3] === undefined ? {} : { end: Number(found[3]) }),
  }
}
