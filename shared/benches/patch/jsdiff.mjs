// npm `diff` as a peer: a case a line on stdin, `{patch, files}`, and for each what it made of the files and the µs that took.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const { applyPatch, parsePatch } = createRequire(new URL('../../../ui/package.json', import.meta.url))('diff')
const NOTHING = '/dev/null'

// Two lines that do not fit, as its own documentation puts it: the most it solves before it guesses much.
const options = { fuzzFactor: 2 }

function apply(patch, files) {
  const made = {}
  for (const index of parsePatch(patch)) {
    const [from, to] = [known(index.oldFileName, files), known(index.newFileName, files)]
    const path = from in files ? from : to in files ? to : Object.keys(files)[0]
    const before = index.oldFileName === NOTHING ? '' : files[path]
    const after = applyPatch(before, index, options)
    if (after === false) return null
    if (index.newFileName === NOTHING) made[path] = null
    else if (index.oldFileName === NOTHING) made[to] = after
    else if (index.isRename) Object.assign(made, { [path]: null, [to]: after })
    else made[path] = after
  }
  return Object.keys(made).length > 0 ? made : null
}

const known = (name = '', files) => (name in files ? name : name.replace(/^[ab]\//, ''))

for await (const line of createInterface({ input: process.stdin })) {
  const { patch, files } = JSON.parse(line)
  const start = process.hrtime.bigint()
  let made = null
  try {
    made = apply(patch, files)
  } catch {
    // It does not read this reply: refused.
  }
  const us = Number(process.hrtime.bigint() - start) / 1_000
  process.stdout.write(`${JSON.stringify({ us, made })}\n`)
}
