import { describe, expect, it } from 'vitest'
import { ago, count, dollars, folderName, parentName, tokens } from './words'

const now = new Date(2026, 10, 25, 14, 0).getTime()
const at = (...date: [number, number, number, number]) => new Date(...date).getTime()

describe('words', () => {
  it('tell a time by its distance', () => {
    expect(ago(now - 30_000, now)).toBe('just now')
    expect(ago(now - 4 * 60_000, now)).toBe('4 min ago')
    expect(ago(at(2026, 10, 25, 9), now)).toBe('5 h ago')
    expect(ago(at(2026, 10, 24, 23), now)).toBe('yesterday')
    expect(ago(at(2026, 10, 20, 9), now)).toBe('Friday')
    expect(ago(at(2026, 4, 12, 9), now)).toBe('12 May')
    expect(ago(at(2025, 4, 12, 9), now)).toBe('12 May 2025')
  })
  it('count', () => {
    expect(count(1, 'file')).toBe('1 file')
    expect(count(5212, 'file')).toBe('5,212 files')
    expect(tokens(200_000)).toBe('200k')
    expect(tokens(1_048_576)).toBe('1M')
    expect(tokens(32_768)).toBe('32k')
    expect(tokens(8_200)).toBe('8.2k')
    expect(dollars(3)).toBe('$3')
    expect(dollars(0.194)).toBe('$0.19')
    expect(dollars(0.001)).toBe('<$0.01')
  })
  it('name a folder and where it is, on every system', () => {
    expect(folderName('/home/eva/Documents/plot-14/')).toBe('plot-14')
    expect(parentName('/home/eva/Documents/plot-14')).toBe('Documents')
    expect(parentName('C:\\Users\\Eva\\plot-14')).toBe('Eva')
  })
})
