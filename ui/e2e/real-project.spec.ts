// A project that nobody wrote for this: Vite's own React + TypeScript starter, as its npm package has it.
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from '@playwright/test'
import { type House, startHouse, temporary } from './house'
import { ask, hunksIn, newestTask, onDisk, onlyProject, openStudio, preview, previewIsLive } from './studio'

let house: House | undefined

test.afterEach(async () => {
  await house?.stop()
  house = undefined
})

function starter(): string {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('create-vite/package.json'))
  const folder = temporary('starter')
  cpSync(join(packageFolder, 'template-react-ts'), folder, { recursive: true })
  renameSync(join(folder, '_gitignore'), join(folder, '.gitignore'))
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder })
  git('init', '-q')
  git('add', '.')
  git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-qm', 'starter')
  return folder
}

test('Vite’s React starter opens, previews, and a change goes there and back', async ({ page }) => {
  const folder = starter()
  house = await startHouse({ project: folder })
  const project = await onlyProject(house)
  await openStudio(page, house)
  await previewIsLive(page)
  const heading = preview(page).getByRole('heading', { level: 1 })
  await expect(heading).toBeVisible({ timeout: 60_000 })
  // Opening a project writes nothing into it.
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: folder }).toString()).toBe('')

  await ask(page, 'Change the heading to “Tide tables”')
  await expect(page.getByTestId('changes-card')).toBeVisible({ timeout: 60_000 })
  const task = await newestTask(house, project)
  expect(task.status).toBe('done')
  const before = onDisk(project, 'src/App.tsx')

  const files = await house.api<{ result: { filesModified: { path: string; patch: string }[] } }>(
    'GET',
    `/api/agent/tasks/${task.id}`,
  )
  const patch = join(temporary('patch'), 'it.patch')
  writeFileSync(patch, files.result.filesModified.map((file) => file.patch).join(''))
  execFileSync('git', ['apply', '--check', patch], { cwd: folder })

  await page.getByTestId('open-review').click()
  await hunksIn(page, 'src/App.tsx').first().getByTestId('keep-hunk').click()
  await expect.poll(() => onDisk(project, 'src/App.tsx')).toContain('Tide tables')
  await page.getByRole('button', { name: 'Build layout' }).click()
  await expect(preview(page).getByRole('heading', { name: 'Tide tables' })).toBeVisible({ timeout: 60_000 })
  await page.getByTestId('take-back').first().click()
  await expect.poll(() => onDisk(project, 'src/App.tsx')).toBe(before)
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toContain('vite-react-typescript-starter')
})
